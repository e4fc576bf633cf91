package cdf.bench;

import cdf.bench.CrashHarness.Outcome;
import cdf.bench.CrashHarness.Trial;
import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** {@code bench/crash}. */
@Command(
        name = "bench/crash",
        description = "Kills cdf capture, cdf apply and PostgreSQL itself at random moments, while transactions are"
                + " committed, a large one among them, and holds the table to the topic and to the database.",
        mixinStandardHelpOptions = true)
final class CrashBenchmark implements CheckedCommand {
    @Option(names = "--kills", paramLabel = "N", defaultValue = "60", description = "How often to kill. Default: 60.")
    private int kills;

    @Option(
            names = "--transaction-rows",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many rows one transaction adds half-way, with a new column. Default: 1000000.")
    private int transactionRows;

    @Option(
            names = "--programs",
            paramLabel = "DIR",
            description = "Where another PostgreSQL's initdb and postgres are, such as /usr/lib/postgresql/15/bin."
                    + " Default: those that Maven brought.")
    private Optional<Path> programs = Optional.empty();

    @Mixin
    private SeedOption seed = new SeedOption();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private CrashBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(CrashBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return kills < 1 || transactionRows < 1 ? List.of("--kills, --transaction-rows: at least 1") : List.of();
    }

    @Override
    public ExitCode run() {
        long drawn = seed.draw();
        terminal.notice("seed " + drawn);
        Path directory = Benchmarks.temporaryDirectory("cdf-crash-");
        try {
            long startNanos = System.nanoTime();
            Outcome outcome = new CrashHarness(
                            directory, new Trial(kills, drawn, transactionRows, programs), terminal::progress)
                    .run();
            terminal.endProgress();
            print(drawn, outcome, Duration.ofNanos(System.nanoTime() - startNanos));
            return outcome.equal() ? ExitCode.DONE : ExitCode.DIFFERENCE_FOUND;
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
    }

    private void print(long drawn, Outcome outcome, Duration elapsed) {
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                json.writeNumberField("kills", kills);
                json.writeNumberField("seed", drawn);
                json.writeNumberField("transactions", outcome.transactions());
                json.writeFieldName("verify");
                json.writeRawValue(outcome.verified());
                json.writeNumberField("seconds", elapsed.toMillis() / 1e3);
            }));
        } else {
            terminal.out()
                    .printf(
                            Locale.ROOT,
                            "%d kills in %.0f s, seed %d, %,d transactions; cdf verify: %s%n",
                            kills,
                            elapsed.toMillis() / 1e3,
                            drawn,
                            outcome.transactions(),
                            outcome.verified());
        }
    }
}
