package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.dashboard.PipelineNames;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.LocalSpark;
import cdf.lake.Watch;
import cdf.producer.CheckedCommand;
import cdf.producer.Interruption;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Pace;
import cdf.producer.Profile;
import cdf.producer.Terminal;
import cdf.verify.Verdict;
import cdf.verify.Verification;
import cdf.verify.VerifySettings;
import org.apache.hadoop.fs.FileUtil;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/** {@code cdf demo}. */
@Command(
        name = "demo",
        description =
                "The whole pipeline in this process: a broker, a database and its changes, live." + " Ctrl-C ends it.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements CheckedCommand {
    private static final long SIMULATED_PER_SECOND = 20;
    private static final long POSTGRES_PER_SECOND = 500;

    /** Short, for whoever watches; on a machine of few cores a batch takes longer than elsewhere, and the next comes at once. */
    private static final Duration TRIGGER = Duration.ofMillis(200);

    /** What can be behind the topic. */
    private enum Source {
        SIMULATED,
        POSTGRES
    }

    @Option(
            names = "--source",
            paramLabel = "SOURCE",
            defaultValue = "simulated",
            description =
                    "Where the changes come from: simulated (default), or postgres for a PostgreSQL of its own with"
                            + " a bank's transactions, captured from its log.")
    private Source source = Source.SIMULATED;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "0",
            description = "End when so many changes have been made and shown. Default: 0, for no end.")
    private long events;

    @Option(
            names = "--events-per-second",
            paramLabel = "R",
            description =
                    "How many changes to make a second, 1 to 1000000; 0 for as fast as possible. Default: 20, or 500"
                            + " with --source postgres.")
    private @Nullable Long eventsPerSecond;

    @Option(
            names = "--dir",
            paramLabel = "DIR",
            description = "Where to keep the broker's data. Default: a temporary directory, deleted at the end.")
    private @Nullable Path directory;

    @Option(
            names = "--no-dashboard",
            description = "Serve no live page. Default: one at port 8080, or at any if that is" + " taken.")
    private boolean noDashboard;

    @Mixin
    private DashboardOptions dashboard = new DashboardOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    DemoCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (events < 0) {
            problems.add("--events: " + events + " is negative; 0 is for no end");
        }
        problems.addAll(Pace.problems(eventsPerSecond(), Profile.STEADY));
        if (noDashboard && dashboard.asked()) {
            problems.add("--no-dashboard and --dashboard-port: give one of them");
        }
        problems.addAll(dashboard.problems());
        return problems;
    }

    @Override
    public ExitCode run() {
        CompletableFuture<LocalSpark> startingSpark = Background.supply(LocalSpark::startForAll);
        CompletableFuture<Void> interrupted = new CompletableFuture<>();
        try (Interruption interruption = Interruption.listen(() -> interrupted.complete(null));
                DataDirectory data = DataDirectory.of(directory);
                EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(data.broker(), 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
                DemoSource changes = source(topics, data);
                LivePage page = page(topics, changes.topic(), data.table());
                LocalSpark spark = Background.join(startingSpark)) {
            terminal.notice("the broker listens at " + broker.bootstrapServer() + ", topic " + changes.topic());
            Verdict verdict = page.during(() -> run(topics, changes, spark, data.table(), page, interrupted));
            if (!verdict.equal()) {
                return ExitCode.DIFFERENCE_FOUND;
            }
            return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
        }
    }

    private long eventsPerSecond() {
        if (eventsPerSecond != null) {
            return eventsPerSecond;
        }
        return source == Source.POSTGRES ? POSTGRES_PER_SECOND : SIMULATED_PER_SECOND;
    }

    private DemoSource source(Topics topics, DataDirectory data) {
        return switch (source) {
            case SIMULATED -> new SimulatedSource(topics, events, eventsPerSecond(), data.ledger(), terminal);
            case POSTGRES -> new PostgresSource(topics, data.postgres(), events, eventsPerSecond(), terminal);
        };
    }

    private LivePage page(Topics topics, String topic, Path table) {
        if (noDashboard) {
            return LivePage.none();
        }
        PipelineNames names = new PipelineNames(topics.connection().bootstrapServers(), topic, table.toString());
        return LivePage.serve(dashboard.settings(), topics, names, false, terminal);
    }

    private Verdict run(
            Topics topics,
            DemoSource changes,
            LocalSpark spark,
            Path table,
            LivePage page,
            CompletableFuture<Void> interrupted) {
        String topic = changes.topic();
        Map<Integer, Long> beginning = topics.endOffsets(topic);
        // An interruption that came already, while all this started, counts as well.
        var unused = interrupted.thenRun(changes::stop);
        ApplyUntil applied = new ApplyUntil(terminal);
        Apply apply = new Apply(topics, applySettings(changes, table), page.with(applied));
        try (ChangePrinter printer = new ChangePrinter(terminal, ChangeFormat.of(output.json(), topic, terminal));
                Background<ApplySummary> applying = Background.start(() -> apply.run(spark.session()), apply::stop)) {
            Watch watch = new Watch(topics, topic, beginning, page.with(printer));
            printer.start(watch::stop);
            applying.onFailure(watch::stop);
            // What the source made is the number to show; a source that failed ends the watch as well.
            CompletableFuture<Long> making = Background.supply(() -> changes.run(applied))
                    .whenComplete((records, failure) -> {
                        if (failure == null) {
                            printer.endAfter(records);
                        } else {
                            watch.stop();
                        }
                    });
            try {
                watch.run(spark.session());
            } finally {
                changes.stop();
            }
            printer.finish();
            var unusedCount = Background.join(making);
            applied.callAt(topics.endOffsets(topic), apply::stop);
            ApplySummary summary = applying.join();
            Verdict verdict = verify(topics, changes.verification(table.toString()));
            print(changes, printer.shown(), summary, verdict);
            return verdict;
        }
    }

    private Verdict verify(Topics topics, VerifySettings settings) {
        Verdict verdict = new Verification(topics, settings, new VerifyProgress(terminal)).run();
        terminal.endProgress();
        return verdict;
    }

    private static ApplySettings applySettings(DemoSource changes, Path table) {
        return new ApplySettings(
                changes.topic(),
                changes.columns(),
                table.toString(),
                Optional.empty(),
                false,
                TRIGGER,
                ApplySettings.DEFAULT_MAX_BATCH_EVENTS,
                changes.sequencing());
    }

    private void print(DemoSource changes, long shown, ApplySummary applied, Verdict verdict) {
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                changes.writeTo(json);
                json.writeNumberField("shown", shown);
                ApplyReport.writeTo(json, applied);
                VerifyReport.writeOutcome(json, verdict);
                VerifyReport.writeSource(json, verdict);
            }));
        } else {
            terminal.out().println();
            changes.print(terminal.out());
            terminal.out().printf(Locale.ROOT, "shown %,d events%n", shown);
            ApplyReport.print(terminal.out(), applied);
            if (verdict.verified()) {
                VerifyReport.printShort(terminal.out(), verdict);
            } else {
                VerifyReport.print(terminal.out(), verdict);
            }
        }
    }

    /** Where the broker and the table are: in the user's directory, or in one that is gone afterwards. */
    private record DataDirectory(Path path, boolean temporary) implements AutoCloseable {
        static DataDirectory of(@Nullable Path chosen) {
            if (chosen != null) {
                return new DataDirectory(chosen, false);
            }
            try {
                return new DataDirectory(Files.createTempDirectory("cdf-demo-"), true);
            } catch (IOException failure) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "cannot create a temporary directory: " + failure.getMessage(),
                        "name a directory with --dir",
                        failure);
            }
        }

        Path broker() {
            return path.resolve("broker");
        }

        Path table() {
            return path.resolve("users");
        }

        Path postgres() {
            return path.resolve("postgres");
        }

        /** The truth. */
        Path ledger() {
            return path.resolve("ledger.jsonl");
        }

        @Override
        public void close() {
            if (temporary) {
                FileUtil.fullyDelete(path.toFile());
            }
        }
    }
}
