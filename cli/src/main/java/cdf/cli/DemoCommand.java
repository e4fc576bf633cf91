package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.dashboard.PipelineNames;
import cdf.generator.EventFormat;
import cdf.generator.Faults;
import cdf.generator.Mix;
import cdf.generator.WorkloadSettings;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.LocalSpark;
import cdf.lake.Watch;
import cdf.producer.CheckedCommand;
import cdf.producer.GenerateSettings;
import cdf.producer.GenerateSummary;
import cdf.producer.Generation;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** {@code cdf demo}. */
@Command(
        name = "demo",
        description = "The whole pipeline in this process: a broker, a simulated database and its changes, live."
                + " Ctrl-C ends it.",
        mixinStandardHelpOptions = true)
final class DemoCommand implements CheckedCommand {
    private static final String TOPIC = "r023hf";
    private static final int PARTITIONS = 4;
    private static final int ROWS = 1000;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "0",
            description = "End when so many changes have been made and shown. Default: 0, for no end.")
    private long events;

    @Option(
            names = "--events-per-second",
            paramLabel = "R",
            defaultValue = "20",
            description = "How many changes to make a second, 1 to 1000000; 0 for as fast as possible. Default: 20.")
    private long eventsPerSecond;

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
        problems.addAll(Pace.problems(eventsPerSecond, Profile.STEADY));
        if (noDashboard && dashboard.asked()) {
            problems.add("--no-dashboard and --dashboard-port: give one of them");
        }
        problems.addAll(dashboard.problems());
        return problems;
    }

    @Override
    public ExitCode run() {
        CompletableFuture<LocalSpark> startingSpark = CompletableFuture.supplyAsync(LocalSpark::startForAll);
        CompletableFuture<Void> interrupted = new CompletableFuture<>();
        try (Interruption interruption = Interruption.listen(() -> interrupted.complete(null));
                DataDirectory data = DataDirectory.of(directory);
                EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(data.broker(), 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
                LivePage page = page(topics, data.table());
                LocalSpark spark = Background.join(startingSpark)) {
            terminal.notice("the broker listens at " + broker.bootstrapServer() + ", topic " + TOPIC);
            Verdict verdict = page.during(() -> run(topics, spark, data, page, interrupted));
            if (!verdict.equal()) {
                return ExitCode.DIFFERENCE_FOUND;
            }
            return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
        }
    }

    private LivePage page(Topics topics, Path table) {
        var unused = topics.ensure(TOPIC, PARTITIONS);
        if (noDashboard) {
            return LivePage.none();
        }
        PipelineNames names = new PipelineNames(topics.connection().bootstrapServers(), TOPIC, table.toString());
        return LivePage.serve(dashboard.settings(), topics, names, false, terminal);
    }

    private Verdict run(
            Topics topics, LocalSpark spark, DataDirectory data, LivePage page, CompletableFuture<Void> interrupted) {
        Map<Integer, Long> beginning = topics.endOffsets(TOPIC);
        Generation generation = new Generation(generateSettings(data.ledger()), topics.connection(), TOPIC, terminal);
        // An interruption that came already, while all this started, counts as well.
        var unused = interrupted.thenRun(generation::stop);
        ApplyUntil applied = new ApplyUntil(terminal);
        Apply apply = new Apply(topics, applySettings(data.table()), page.with(applied));
        try (ChangePrinter printer = new ChangePrinter(terminal, ChangeFormat.of(output.json(), TOPIC, terminal));
                Background<ApplySummary> applying = Background.start(() -> apply.run(spark.session()), apply::stop)) {
            Watch watch = new Watch(topics, TOPIC, beginning, page.with(printer));
            printer.start(watch::stop);
            applying.onFailure(watch::stop);
            // What has been generated is the number to show; a generation that failed ends the watch as well.
            CompletableFuture<GenerateSummary> generating = CompletableFuture.supplyAsync(generation::run)
                    .whenComplete((summary, failure) -> {
                        if (failure == null) {
                            printer.endAfter(summary.generated());
                        } else {
                            watch.stop();
                        }
                    });
            try {
                watch.run(spark.session());
            } finally {
                generation.stop();
            }
            printer.finish();
            GenerateSummary generated = Background.join(generating);
            applied.callAt(topics.endOffsets(TOPIC), apply::stop);
            ApplySummary summary = applying.join();
            boolean allIsOurs = beginning.values().stream().allMatch(offset -> offset == 0);
            Verdict verdict = verify(topics, data, allIsOurs);
            print(generated, printer.shown(), summary, verdict);
            return verdict;
        }
    }

    /** Holds the table to the topic and, if nobody else sent anything, to the truth as the generator knows it. */
    private Verdict verify(Topics topics, DataDirectory data, boolean allIsOurs) {
        VerifySettings settings = new VerifySettings(
                TOPIC,
                data.table().toString(),
                Optional.empty(),
                true,
                allIsOurs ? Optional.of(data.ledger()) : Optional.empty());
        Verdict verdict = new Verification(topics, settings, new VerifyProgress(terminal)).run();
        terminal.endProgress();
        return verdict;
    }

    private static ApplySettings applySettings(Path table) {
        return new ApplySettings(
                TOPIC,
                SchemaOptions.users(),
                table.toUri().toString(),
                Optional.empty(),
                false,
                ApplySettings.DEFAULT_TRIGGER,
                ApplySettings.DEFAULT_MAX_BATCH_EVENTS,
                Optional.empty());
    }

    private GenerateSettings generateSettings(Path ledger) {
        return new GenerateSettings(
                new WorkloadSettings(new SplittableRandom().nextLong(Integer.MAX_VALUE), ROWS, Mix.DEFAULT, 1, 1000),
                events,
                new Pace(eventsPerSecond),
                EventFormat.PLAIN,
                false,
                Faults.NONE,
                Optional.of(ledger),
                Optional.empty());
    }

    private void print(GenerateSummary generated, long shown, ApplySummary applied, Verdict verdict) {
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                generated.writeTo(json);
                json.writeNumberField("shown", shown);
                ApplyReport.writeTo(json, applied);
                VerifyReport.writeOutcome(json, verdict);
            }));
        } else {
            terminal.out().println();
            generated.print(terminal.out());
            terminal.out().printf(Locale.ROOT, "shown %,d events%n", shown);
            ApplyReport.print(terminal.out(), applied);
            if (verdict.verified()) {
                terminal.out().println(VerifyReport.line(verdict));
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
