package cdf.bench;

import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** {@code bench/start}. */
@Command(
        name = "bench/start",
        description = "How long ./cdf demo, built already, takes to its first change.",
        mixinStandardHelpOptions = true)
final class StartBenchmark implements CheckedCommand {
    @Option(names = "--cdf", hidden = true, required = true)
    private Path cdf = Path.of("cdf");

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "7",
            description = "How many starts are measured, after one that warms up the disk. Default: 7.")
    private int rounds;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private StartBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(StartBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return rounds < 1 ? List.of("--rounds must be at least 1") : List.of();
    }

    @Override
    public ExitCode run() {
        secondsToFirstChange();
        terminal.out().printf("%-8s %28s%n", "round", "first change after seconds");
        List<Double> seconds = new ArrayList<>();
        for (int round = 1; round <= rounds; round++) {
            seconds.add(secondsToFirstChange());
            print(Integer.toString(round), seconds.get(round - 1));
        }
        double median = Benchmarks.median(
                seconds.stream().mapToDouble(Double::doubleValue).toArray());
        print("median", median);
        if (output.json()) {
            terminal.out()
                    .println(JsonLine.of(
                            json -> json.writeNumberField("firstChangeSeconds", Math.round(1000 * median) / 1000.0)));
        }
        return ExitCode.DONE;
    }

    private double secondsToFirstChange() {
        long startNanos = System.nanoTime();
        try {
            Process demo = new ProcessBuilder(cdf.toString(), "demo", "--events", "1", "--no-dashboard")
                    .redirectError(ProcessBuilder.Redirect.DISCARD)
                    .start();
            try (InputStream shown = demo.getInputStream()) {
                String first = new BufferedReader(new InputStreamReader(shown, StandardCharsets.UTF_8)).readLine();
                double seconds = (System.nanoTime() - startNanos) / 1e9;
                if (first == null || !first.contains("create")) {
                    throw new IllegalStateException("the demo's first line is no change: " + first);
                }
                shown.transferTo(OutputStream.nullOutputStream());
                return seconds;
            } finally {
                demo.waitFor();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(cdf + " does not start", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    private void print(String round, double seconds) {
        terminal.out().printf(Locale.ROOT, "%-8s %28.2f%n", round, seconds);
        terminal.out().flush();
    }
}
