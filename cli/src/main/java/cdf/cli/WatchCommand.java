package cdf.cli;

import cdf.change.ExitCode;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import cdf.lake.Watch;
import cdf.producer.CheckedCommand;
import cdf.producer.Interruption;
import cdf.producer.JsonLine;
import cdf.producer.KafkaOptions;
import cdf.producer.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code cdf watch}. */
@Command(
        name = "watch",
        description = "Show every change of the topic, live, one line each. Ctrl-C ends it.",
        mixinStandardHelpOptions = true)
final class WatchCommand implements CheckedCommand {
    /** Where to begin in the topic. */
    enum Start {
        EARLIEST,
        LATEST
    }

    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Option(
            names = "--from",
            paramLabel = "earliest|latest",
            defaultValue = "latest",
            description = "Where to begin: latest (default), what comes from now on, or earliest, all there is.")
    private Start from = Start.LATEST;

    @Option(
            names = "--max-events",
            paramLabel = "N",
            defaultValue = "0",
            description = "End after so many records. Default: 0, for no end.")
    private long maxEvents;

    @Mixin
    private WatchOutput output = new WatchOutput();

    private final Terminal terminal;

    WatchCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>(kafka.problems());
        if (maxEvents < 0) {
            problems.add("--max-events: " + maxEvents + " is negative; 0 is for no end");
        }
        return problems;
    }

    @Override
    public ExitCode run() {
        long startNanos = System.nanoTime();
        try (Topics topics = Topics.connect(kafka.connection());
                LocalSpark spark = LocalSpark.start();
                ChangePrinter printer =
                        new ChangePrinter(terminal, ChangeFormat.of(output.json(), kafka.topic(), terminal))) {
            // A topic that does not exist yet has no end: all that comes into it is later than now.
            Map<Integer, Long> beginning = from == Start.LATEST ? topics.endOffsets(kafka.topic()) : Map.of();
            Watch watch = new Watch(topics, kafka.topic(), beginning, printer);
            try (Interruption interruption = Interruption.listen(watch::stop)) {
                if (maxEvents > 0) {
                    printer.endAfter(maxEvents);
                }
                printer.start(watch::stop);
                watch.run(spark.session());
                printer.finish();
                printSummary(printer, Duration.ofNanos(System.nanoTime() - startNanos));
                return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
            }
        }
    }

    private void printSummary(ChangePrinter printer, Duration elapsed) {
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                json.writeNumberField("shown", printer.shown());
                json.writeNumberField("rejected", printer.rejected());
                json.writeNumberField("seconds", elapsed.toMillis() / 1e3);
            }));
        } else {
            terminal.err()
                    .printf(
                            Locale.ROOT,
                            "shown %,d records in %.1f s, %,d of them unreadable%n",
                            printer.shown(),
                            elapsed.toMillis() / 1e3,
                            printer.rejected());
        }
    }
}
