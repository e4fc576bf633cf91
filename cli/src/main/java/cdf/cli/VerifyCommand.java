package cdf.cli;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.TopicSelection;
import cdf.kafka.Topics;
import cdf.producer.CheckedCommand;
import cdf.producer.Interruption;
import cdf.producer.JsonLine;
import cdf.producer.KafkaOptions;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import cdf.verify.SourceSnapshot.Source;
import cdf.verify.Verdict;
import cdf.verify.Verification;
import cdf.verify.VerifySettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code cdf verify}. */
@Command(
        name = "verify",
        description =
                "Prove that a table is right, or several: replay the topic up to the positions that the table's newest"
                        + " version records, and compare every row. It only reads, so apply may run meanwhile. Exit code 3"
                        + " if there is a difference.",
        mixinStandardHelpOptions = true)
final class VerifyCommand implements CheckedCommand {
    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Mixin
    private TableOptions tables = new TableOptions();

    @Option(
            names = "--schema",
            paramLabel = "COLUMNS",
            description = "How the events are to be read, with --key. Default: by the table's own columns and key.")
    private @Nullable String schema;

    @Option(names = "--key", paramLabel = "COLUMNS", description = "The key's columns, with --schema.")
    private @Nullable String key;

    @Option(
            names = "--feed",
            description =
                    "Check the change data feed as well: from version 0 on it must add up to the table, and each row"
                            + " that it takes away must have been there as it says.")
    private boolean feed;

    @Option(
            names = "--ledger",
            paramLabel = "FILE",
            description = "Compare the table also with the truth that cdf generate kept in this file.")
    private @Nullable Path ledger;

    @Mixin
    private DatabaseOptions database = new DatabaseOptions();

    @Option(
            names = "--conserved-sum",
            paramLabel = "COLUMN",
            description = "Check that the sum of this column is the same in each version that ends a transaction of the"
                    + " source: for a database whose transactions do not change it. With --feed; the topic needs one"
                    + " partition.")
    private @Nullable String conservedSum;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;
    private final Map<String, String> environment;

    VerifyCommand(Terminal terminal, Map<String, String> environment) {
        this.terminal = terminal;
        this.environment = Map.copyOf(environment);
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>(tables.problems(kafka));
        if ((schema == null) != (key == null)) {
            problems.add("--schema, --key: give both or none");
        } else if (schema != null && key != null) {
            TableSchema.problems(schema, key).forEach(problem -> problems.add("--schema, --key: " + problem));
        }
        if (ledger != null && tables.several()) {
            problems.add("--ledger: is of one table; only with --table");
        }
        if (ledger != null && !Files.isReadable(ledger)) {
            problems.add("--ledger: cannot read " + ledger);
        }
        problems.addAll(database.problems(tables.topics(kafka)));
        if (conservedSum != null && !feed) {
            problems.add("--conserved-sum: needs --feed, which goes through all versions");
        }
        return problems;
    }

    @Override
    public ExitCode run() {
        return tables.several() ? verifySeveral() : verifyOne();
    }

    private ExitCode verifySeveral() {
        TopicSelection selection = tables.selection(kafka);
        try (Topics topics = Topics.connect(kafka.connection())) {
            Map<VerifySettings, Verification> verifications = new LinkedHashMap<>();
            for (String topic : selection.topics(topics)) {
                VerifySettings settings = settings(topic, tables.tableOf(selection, topic));
                verifications.put(settings, new Verification(topics, settings, new VerifyProgress(terminal)));
            }
            if (verifications.isEmpty()) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "there is no topic " + selection + " at " + topics.connection(),
                        "name the topics that cdf apply was given");
            }
            try (Interruption interruption =
                    Interruption.listen(() -> verifications.values().forEach(Verification::stop))) {
                List<TableVerdict> verdicts = new ArrayList<>();
                verifications.forEach((settings, verification) -> verdicts.add(verdict(settings, verification)));
                terminal.endProgress();
                TableVerdicts all = new TableVerdicts(verdicts);
                if (output.json()) {
                    terminal.out().println(JsonLine.of(all::writeTo));
                } else {
                    all.print(terminal.out());
                }
                return interruption.happened() ? ExitCode.INTERRUPTED : all.exitCode();
            }
        }
    }

    /** What there is to say of one of several tables: what cannot be compared does not keep the others from it. */
    private static TableVerdict verdict(VerifySettings settings, Verification verification) {
        try {
            return new TableVerdict.Compared(settings.topic(), settings.table(), verification.run());
        } catch (CdfException failure) {
            if (failure.exitCode() != ExitCode.FAILED) {
                throw failure;
            }
            return new TableVerdict.NotCompared(settings.topic(), settings.table(), failure);
        }
    }

    private ExitCode verifyOne() {
        try (Topics topics = Topics.connect(kafka.connection())) {
            Verification verification =
                    new Verification(topics, settings(kafka.topic(), tables.table()), new VerifyProgress(terminal));
            try (Interruption interruption = Interruption.listen(verification::stop)) {
                Verdict verdict = verification.run();
                terminal.endProgress();
                if (output.json()) {
                    terminal.out().println(JsonLine.of(json -> VerifyReport.writeTo(json, verdict)));
                } else {
                    VerifyReport.print(terminal.out(), verdict);
                }
                if (interruption.happened()) {
                    return ExitCode.INTERRUPTED;
                }
                return verdict.equal() ? ExitCode.DONE : ExitCode.DIFFERENCE_FOUND;
            }
        }
    }

    private VerifySettings settings(String topic, String table) {
        return new VerifySettings(
                topic,
                table,
                schema == null || key == null ? Optional.empty() : Optional.of(TableSchema.parse(schema, key)),
                feed,
                Optional.ofNullable(ledger),
                database.source(topic, environment, kafka.connection()).map(Source.class::cast),
                Optional.ofNullable(conservedSum));
    }
}
