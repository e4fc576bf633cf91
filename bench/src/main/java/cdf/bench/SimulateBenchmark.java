package cdf.bench;

import cdf.bench.Simulation.Outcome;
import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import cdf.producer.CheckedCommand;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** {@code bench/simulate}. */
@Command(
        name = "bench/simulate",
        description = "Simulates random histories - workload, faults, batches, deaths at any step, lost checkpoints,"
                + " compactions, a second applier - and verifies the table of each.",
        mixinStandardHelpOptions = true)
final class SimulateBenchmark implements CheckedCommand {
    @Option(
            names = "--histories",
            paramLabel = "N",
            defaultValue = "500",
            description = "How many histories to simulate. Default: 500.")
    private int histories;

    @Mixin
    private SeedOption seed = new SeedOption();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private SimulateBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(SimulateBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return histories < 1 ? List.of("--histories: " + histories + " is less than 1") : List.of();
    }

    @Override
    public ExitCode run() {
        long first = seed.draw();
        terminal.notice("the first history has seed " + first);
        Path directory = Benchmarks.temporaryDirectory("cdf-simulate-");
        try (EmbeddedBroker broker =
                        EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
                LocalSpark spark = LocalSpark.startWithDelta()) {
            Totals totals = new Totals();
            for (long history = first; history < first + histories; history++) {
                terminal.progress("history " + (history - first + 1) + " of " + histories + ", seed " + history + ", "
                        + totals.wrong + " wrong");
                Path place = directory.resolve("history-" + history);
                totals.add(history, simulate(spark, topics, place, history));
                FileUtil.fullyDelete(place.toFile());
            }
            terminal.endProgress();
            totals.print(first);
            return totals.wrong == 0 ? ExitCode.DONE : ExitCode.DIFFERENCE_FOUND;
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
    }

    private static Outcome simulate(LocalSpark spark, Topics topics, Path place, long history) {
        try {
            return new Simulation(
                            spark.session(), topics, Files.createDirectories(place), "history-" + history, history)
                    .run(Optional.empty());
        } catch (IOException failure) {
            throw new UncheckedIOException("there is no room for the tables", failure);
        } catch (RuntimeException failure) {
            throw new IllegalStateException(replay(history), failure);
        }
    }

    private static String replay(long history) {
        return "history " + history + "; to repeat it: bench/simulate --histories 1 --seed " + history;
    }

    /** Sums over all histories. */
    private final class Totals {
        private final long startNanos = System.nanoTime();
        private long events;
        private long rows;
        private int runs;
        private int deaths;
        private int compactions;
        private int secondAppliers;
        private int wrong;

        void add(long history, Outcome outcome) {
            events += outcome.events();
            rows += outcome.verdict().rows();
            runs += outcome.runs();
            deaths += outcome.deaths();
            compactions += outcome.compactions();
            secondAppliers += outcome.secondAppliers();
            if (!outcome.verdict().verified()) {
                wrong++;
                terminal.notice("WRONG: " + outcome.verdict() + "; " + replay(history));
            }
        }

        void print(long first) {
            double seconds = Duration.ofNanos(System.nanoTime() - startNanos).toMillis() / 1e3;
            if (output.json()) {
                terminal.out().println(JsonLine.of(json -> {
                    json.writeNumberField("histories", histories);
                    json.writeNumberField("seed", first);
                    json.writeNumberField("changes", events);
                    json.writeNumberField("rows", rows);
                    json.writeNumberField("runs", runs);
                    json.writeNumberField("deaths", deaths);
                    json.writeNumberField("compactions", compactions);
                    json.writeNumberField("secondAppliers", secondAppliers);
                    json.writeNumberField("wrong", wrong);
                    json.writeBooleanField("verified", wrong == 0);
                    json.writeNumberField("seconds", seconds);
                }));
            } else {
                terminal.out()
                        .printf(
                                Locale.ROOT,
                                "%d histories from seed %d on in %.0f s: %,d changes, %,d runs of which %,d died, %,d"
                                        + " compactions, %,d times two appliers at once; %d wrong%n",
                                histories,
                                first,
                                seconds,
                                events,
                                runs,
                                deaths,
                                compactions,
                                secondAppliers,
                                wrong);
            }
        }
    }
}
