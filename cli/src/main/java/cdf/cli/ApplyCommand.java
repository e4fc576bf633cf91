package cdf.cli;

import cdf.change.ExitCode;
import cdf.change.SequencePath;
import cdf.dashboard.PipelineNames;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.ColumnSource;
import cdf.lake.LocalSpark;
import cdf.lake.Sequencing;
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

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** {@code cdf apply}. */
@Command(
        name = "apply",
        description = "Apply the changes of the topic to a Delta table, each exactly once. Ctrl-C ends it; the next run"
                + " goes on where it stopped.",
        mixinStandardHelpOptions = true)
final class ApplyCommand implements CheckedCommand {
    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Option(
            names = "--table",
            paramLabel = "DIR",
            description =
                    "Where the Delta table is, or shall be: a directory, or a URI that Hadoop knows. What could not"
                            + " be applied is in a second table, DIR-dead-letters.")
    private @Nullable String table;

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
        List<String> problems = new ArrayList<>(kafka.problems());
        if (table == null || table.isBlank()) {
            problems.add("--table: name the table's directory");
        }
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
        long startNanos = System.nanoTime();
        try (Topics topics = Topics.connect(kafka.connection());
                LivePage page = page(topics);
                LocalSpark spark = LocalSpark.startWithDelta()) {
            Apply apply = new Apply(topics, settings(schema.source()), page.with(new ApplyProgress(terminal)));
            try (Interruption interruption = Interruption.listen(apply::stop)) {
                ApplySummary summary = page.during(() -> apply.run(spark.session()));
                terminal.endProgress();
                print(summary, Duration.ofNanos(System.nanoTime() - startNanos));
                return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
            }
        }
    }

    private LivePage page(Topics topics) {
        if (!dashboard.asked()) {
            return LivePage.none();
        }
        PipelineNames names =
                new PipelineNames(topics.connection().bootstrapServers(), kafka.topic(), String.valueOf(table));
        return LivePage.serve(dashboard.settings(), topics, names, true, terminal);
    }

    private ApplySettings settings(ColumnSource columns) {
        return new ApplySettings(
                kafka.topic(),
                columns,
                String.valueOf(table),
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

    private void print(ApplySummary summary, Duration elapsed) {
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                ApplyReport.writeTo(json, summary);
                json.writeNumberField("seconds", elapsed.toMillis() / 1e3);
            }));
        } else {
            ApplyReport.print(terminal.out(), summary);
        }
    }
}
