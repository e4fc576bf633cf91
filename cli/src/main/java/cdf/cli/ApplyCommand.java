package cdf.cli;

import cdf.change.ExitCode;
import cdf.change.SequencePath;
import cdf.dashboard.PipelineNames;
import cdf.kafka.TopicSelection;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.ApplyTables;
import cdf.lake.ColumnSource;
import cdf.lake.LocalSpark;
import cdf.lake.Sequencing;
import cdf.lake.TableOutcome;
import cdf.producer.CheckedCommand;
import cdf.producer.Interruption;
import cdf.producer.JsonLine;
import cdf.producer.KafkaOptions;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** {@code cdf apply}. */
@Command(
        name = "apply",
        description =
                "Apply the changes of a topic to a Delta table, or of several to a table each, every change exactly"
                        + " once. Ctrl-C ends it; the next run goes on where it stopped.",
        mixinStandardHelpOptions = true)
final class ApplyCommand implements CheckedCommand {
    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Mixin
    private TableOptions tables = new TableOptions();

    @Mixin
    private SchemaOptions schema = new SchemaOptions();

    @Option(
            names = "--checkpoint",
            paramLabel = "DIR",
            description =
                    "Where Spark keeps what it needs while it runs. Each run begins anew: the table knows where to go"
                            + " on. Default: a temporary directory.")
    private @Nullable String checkpoint;

    @Option(names = "--once", description = "End when everything that the topic has now is applied.")
    private boolean once;

    @Option(
            names = "--trigger",
            paramLabel = "TIME",
            defaultValue = "500ms",
            converter = DurationConverter.class,
            description =
                    "Commit at most so often: 500ms (default), 10s, 5m, or 0 for as often as possible. A commit is an"
                            + " entry in the table's log.")
    private Duration trigger = Duration.ZERO;

    @Option(
            names = "--max-batch-events",
            paramLabel = "N",
            defaultValue = "1000000",
            description = "How many events one commit takes at most. Default: 1000000.")
    private long maxBatchEvents;

    @Option(
            names = "--sequence-by",
            paramLabel = "PATH",
            description =
                    "Apply changes in the order of this number in each event, such as source.lsn or ts_ms, and not in that"
                            + " of the topic. It must rise with each change of a row: an event whose number is not above"
                            + " that of the row, or of its delete, changes nothing. The table has it in its last column,"
                            + " _sequence; deletes are remembered in a table beside it, DIR-tombstones.")
    private @Nullable String sequenceBy;

    @Option(
            names = "--tombstone-retention",
            paramLabel = "TIME",
            converter = DurationConverter.class,
            description =
                    "With --sequence-by: remember a delete so long at least, such as 12h or 7d (default). An event that is"
                            + " later than that can bring a deleted row back.")
    private @Nullable Duration tombstoneRetention;

    @Mixin
    private DashboardOptions dashboard = new DashboardOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    ApplyCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>(tables.problems(kafka));
        problems.addAll(schema.problems());
        if (maxBatchEvents < 1) {
            problems.add("--max-batch-events: " + maxBatchEvents + " is less than 1");
        }
        problems.addAll(sequenceProblems());
        problems.addAll(dashboard.problems());
        return problems;
    }

    private List<String> sequenceProblems() {
        if (sequenceBy == null) {
            return tombstoneRetention == null
                    ? List.of()
                    : List.of("--tombstone-retention: only with --sequence-by are there tombstones");
        }
        List<String> problems = new ArrayList<>();
        SequencePath.problem(sequenceBy).ifPresent(problem -> problems.add("--sequence-by: " + problem));
        if (schema.problems().isEmpty()
                && schema.source() instanceof ColumnSource.Given given
                && ApplySettings.hasSequenceColumn(given.schema())) {
            problems.add("--schema: with --sequence-by, the column _sequence is cdf's own; give yours another name");
        }
        return problems;
    }

    @Override
    public ExitCode run() {
        return tables.several() ? applySeveral() : applyOne();
    }

    private ExitCode applySeveral() {
        long startNanos = System.nanoTime();
        try (Topics topics = Topics.connect(kafka.connection());
                LocalSpark spark = LocalSpark.startWithDelta()) {
            TopicSelection selection = tables.selection(kafka);
            List<TableOutcome> outcomes;
            boolean interrupted;
            try (TablesOutput shown = tablesOutput(topics)) {
                ApplyTables apply = new ApplyTables(
                        topics, selection, topic -> settings(topic, tables.tableOf(selection, topic)), shown);
                try (Interruption interruption = Interruption.listen(apply::stop)) {
                    outcomes = apply.run(spark.session(), once);
                    interrupted = interruption.happened();
                }
            }
            print(
                    json -> TablesReport.writeTo(json, outcomes),
                    out -> TablesReport.print(out, outcomes),
                    Duration.ofNanos(System.nanoTime() - startNanos));
            TablesReport.failure(outcomes).ifPresent(failure -> {
                throw failure;
            });
            return interrupted ? ExitCode.INTERRUPTED : ExitCode.DONE;
        }
    }

    private TablesOutput tablesOutput(Topics topics) {
        TablesProgress progress = new TablesProgress(terminal);
        return dashboard.asked() ? TablesPage.serve(dashboard.settings(), topics, terminal, progress) : progress;
    }

    private ExitCode applyOne() {
        long startNanos = System.nanoTime();
        try (Topics topics = Topics.connect(kafka.connection());
                LivePage page = page(topics);
                LocalSpark spark = LocalSpark.startWithDelta()) {
            Apply apply =
                    new Apply(topics, settings(kafka.topic(), tables.table()), page.with(new ApplyProgress(terminal)));
            try (Interruption interruption = Interruption.listen(apply::stop)) {
                ApplySummary summary = page.during(() -> apply.run(spark.session()));
                terminal.endProgress();
                print(
                        json -> ApplyReport.writeTo(json, summary),
                        out -> ApplyReport.print(out, summary),
                        Duration.ofNanos(System.nanoTime() - startNanos));
                return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
            }
        }
    }

    private LivePage page(Topics topics) {
        if (!dashboard.asked()) {
            return LivePage.none();
        }
        PipelineNames names = new PipelineNames(topics.connection().bootstrapServers(), kafka.topic(), tables.table());
        return LivePage.serve(dashboard.settings(), topics, names, true, terminal);
    }

    private ApplySettings settings(String topic, String table) {
        return new ApplySettings(
                topic,
                schema.source(),
                table,
                Optional.ofNullable(checkpoint),
                once,
                trigger,
                maxBatchEvents,
                Optional.ofNullable(sequenceBy).map(this::sequencing));
    }

    private Sequencing sequencing(String path) {
        return new Sequencing(
                SequencePath.parse(path),
                tombstoneRetention == null ? Sequencing.DEFAULT_TOMBSTONE_RETENTION : tombstoneRetention);
    }

    private void print(JsonLine.Fields fields, Consumer<PrintStream> text, Duration elapsed) {
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                fields.writeTo(json);
                json.writeNumberField("seconds", elapsed.toMillis() / 1e3);
            }));
        } else {
            text.accept(terminal.out());
        }
    }
}
