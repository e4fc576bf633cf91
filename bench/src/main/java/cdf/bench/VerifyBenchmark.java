package cdf.bench;

import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.LocalSpark;
import cdf.producer.CheckedCommand;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** {@code bench/verify}. */
@Command(
        name = "bench/verify",
        description = "How long ./cdf verify takes for a large topic, and how much memory: the whole process, its start"
                + " included.",
        mixinStandardHelpOptions = true)
final class VerifyBenchmark implements CheckedCommand {
    private static final String TOPIC = "verify";
    private static final long LOOK_MILLIS = 200;

    @Option(names = "--cdf", required = true, hidden = true)
    private Path cdf = Path.of("");

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "10000000",
            description = "How many events the topic has. Default: 10000000.")
    private long events;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many rows the table has. Default: 1000000.")
    private int rows;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private VerifyBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(VerifyBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return events < 1 || rows < 1 ? List.of("--events and --rows must be at least 1") : List.of();
    }

    @Override
    public ExitCode run() {
        Path directory = Benchmarks.temporaryDirectory("cdf-bench-verify-");
        try (BrokerProcess broker = BrokerProcess.start();
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            ApplyReport report = new ApplyReport(terminal.out());
            report.title("verify: %,d events on %,d rows", events, rows);
            new ChangeTopic(topics, TOPIC, rows).publish(events);
            String table;
            try (LocalSpark spark = LocalSpark.startWithDelta()) {
                ApplyBench bench = new ApplyBench(topics, spark, directory, report);
                table = bench.table(TOPIC);
                var unused =
                        bench.applyOnce(TOPIC, table, ApplySettings.DEFAULT_MAX_BATCH_EVENTS, new ApplyListener() {});
            }
            run(List.of(cdf.toString(), "--version")); // the launcher prepares quick starts, once
            measure(report, "", broker, table, List.of());
            measure(report, "Feed", broker, table, List.of("--feed"));
            report.end();
            if (output.json()) {
                terminal.out().println(report.json());
            }
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
        return ExitCode.DONE;
    }

    private void measure(ApplyReport report, String name, BrokerProcess broker, String table, List<String> options) {
        List<String> command = new ArrayList<>(List.of(
                cdf.toString(),
                "verify",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + TOPIC,
                "--table=" + table));
        command.addAll(options);
        long startNanos = System.nanoTime();
        long peakKilobytes = run(command);
        report.figure("verify" + name + "Seconds", (System.nanoTime() - startNanos) / 1e9);
        report.figure("verify" + name + "Megabytes", peakKilobytes * 1024 / 1e6);
    }

    /** Runs a process to its end; says how much memory it had at most, in kB. */
    private long run(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            long peakKilobytes = 0;
            while (!process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS)) {
                peakKilobytes = Math.max(peakKilobytes, peakKilobytes(process.pid()));
            }
            if (process.exitValue() != 0) {
                throw new IllegalStateException(command + " ended with " + process.exitValue());
            }
            return peakKilobytes;
        } catch (IOException failure) {
            throw new UncheckedIOException(cdf + " does not start", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** The most memory that a process ever had (proc(5), VmHWM); 0 where the system does not tell. */
    private static long peakKilobytes(long process) throws IOException {
        Path status = Path.of("/proc", Long.toString(process), "status");
        if (!Files.isReadable(status)) {
            return 0;
        }
        try {
            return Files.readAllLines(status, StandardCharsets.UTF_8).stream()
                    .filter(line -> line.startsWith("VmHWM:"))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                    .findFirst()
                    .orElse(0);
        } catch (IOException ended) {
            return 0; // between the look and the reading
        }
    }
}
