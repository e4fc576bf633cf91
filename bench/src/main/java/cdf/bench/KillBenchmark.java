package cdf.bench;

import cdf.bench.KillHarness.Kill;
import cdf.bench.KillHarness.Outcome;
import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import com.fasterxml.jackson.core.JsonGenerator;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;

/** {@code bench/kill}. */
@Command(
        name = "bench/kill",
        description = "Kills cdf apply at every step and at random moments, while the topic is written, and holds the"
                + " table, its change data feed and its dead letters to a plain replay of the topic.",
        mixinStandardHelpOptions = true)
final class KillBenchmark implements CheckedCommand {
    @Option(
            names = "--kills",
            paramLabel = "N",
            defaultValue = "100",
            description = "How many processes to kill. Default: 100.")
    private int kills;

    @Mixin
    private SeedOption seed = new SeedOption();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private KillBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(KillBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return kills < 1 ? List.of("--kills: " + kills + " is less than 1") : List.of();
    }

    @Override
    public ExitCode run() {
        long drawn = seed.draw();
        terminal.notice("seed " + drawn);
        Path directory = Benchmarks.temporaryDirectory("cdf-kill-");
        try {
            long startNanos = System.nanoTime();
            Outcome outcome = new KillHarness(directory, drawn, terminal::progress).run(plan(drawn));
            terminal.endProgress();
            print(drawn, outcome, Duration.ofNanos(System.nanoTime() - startNanos));
            return outcome.proof().differences().isEmpty() ? ExitCode.DONE : ExitCode.DIFFERENCE_FOUND;
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
    }

    /** Each second one at a step, each step as often; the others at random moments. */
    private List<Kill> plan(long drawn) {
        SplittableRandom random = new SplittableRandom(drawn);
        List<Kill> plan = new ArrayList<>();
        for (int kill = 0; kill < kills; kill++) {
            plan.add(
                    kill % 2 == 0
                            ? new Kill.At(KillHarness.STEPS.get(kill / 2 % KillHarness.STEPS.size()))
                            : Kill.any(random));
        }
        return plan;
    }

    private void print(long drawn, Outcome outcome, Duration elapsed) {
        TableProof proof = outcome.proof();
        proof.differences().forEach(terminal::notice);
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> write(json, drawn, outcome, elapsed)));
        } else {
            terminal.out()
                    .printf(
                            Locale.ROOT,
                            "%d kills in %.0f s, seed %d: %,d events, %,d rows in version %d, %,d dead letters,"
                                    + " %d compactions, %d differences%n",
                            outcome.kills(),
                            elapsed.toMillis() / 1e3,
                            drawn,
                            outcome.events(),
                            proof.rows(),
                            proof.version(),
                            proof.deadLetters(),
                            proof.compactions(),
                            proof.differences().size());
        }
    }

    private static void write(JsonGenerator json, long drawn, Outcome outcome, Duration elapsed) throws IOException {
        TableProof proof = outcome.proof();
        json.writeNumberField("kills", outcome.kills());
        json.writeNumberField("seed", drawn);
        json.writeNumberField("events", outcome.events());
        json.writeNumberField("rows", proof.rows());
        json.writeNumberField("tableVersion", proof.version());
        json.writeNumberField("deadLettered", proof.deadLetters());
        json.writeNumberField("compactions", proof.compactions());
        json.writeBooleanField("verified", proof.differences().isEmpty());
        json.writeNumberField("differences", proof.differences().size());
        json.writeNumberField("seconds", elapsed.toMillis() / 1e3);
    }
}
