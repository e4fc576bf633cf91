package cdf.cli;

import cdf.kafka.TopicSelection;
import cdf.producer.KafkaOptions;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

import java.util.ArrayList;
import java.util.List;

/** Which tables, and of which topics: one of one topic, or several of several. */
final class TableOptions {
    @Spec(Spec.Target.MIXEE)
    private @Nullable CommandSpec command;

    @Option(
            names = "--table",
            paramLabel = "DIR",
            description =
                    "Where the topic's Delta table is, or shall be: a directory, or a URI that Hadoop knows. What could"
                            + " not be applied is in a second table, DIR-dead-letters.")
    private @Nullable String table;

    @Option(
            names = "--tables",
            paramLabel = "DIR",
            description =
                    "Where the tables of several topics are, or shall be. The topics are those of --topic, separated by"
                            + " commas, each with a table DIR/TOPIC, or those of --topic-prefix.")
    private @Nullable String tables;

    @Option(
            names = "--topic-prefix",
            paramLabel = "PREFIX",
            description =
                    "With --tables: all topics whose names begin with PREFIX and a dot, also those that are made later. The"
                            + " table of PREFIX.public.users is DIR/public.users.")
    private @Nullable String topicPrefix;

    /** All that is wrong with these options and the topics. */
    List<String> problems(KafkaOptions kafka) {
        List<String> problems = new ArrayList<>(kafka.problemsOfTopics());
        if (tables == null && kafka.topics().size() > 1) {
            problems.add("--topic: '" + kafka.topic() + "' are several: give --tables DIR");
        }
        if (table == null && tables == null) {
            problems.add("--table: name the table's directory, or with --tables that of several");
        } else if (table != null && tables != null) {
            problems.add("--table and --tables: give one of them");
        }
        if (table != null && table.isBlank()) {
            problems.add("--table: name the table's directory");
        }
        if (tables != null && tables.isBlank()) {
            problems.add("--tables: name the tables' directory");
        }
        if (topicPrefix != null) {
            problems.addAll(prefixProblems(topicPrefix));
        }
        return problems;
    }

    private List<String> prefixProblems(String prefix) {
        List<String> problems = new ArrayList<>();
        KafkaOptions.topicProblem(prefix).ifPresent(problem -> problems.add("--topic-prefix: " + problem));
        if (prefix.endsWith(".")) {
            problems.add("--topic-prefix: leave out the dot at its end");
        }
        if (tables == null) {
            problems.add("--topic-prefix: only with --tables");
        }
        if (command != null && command.commandLine().getParseResult().hasMatchedOption("--topic")) {
            problems.add("--topic and --topic-prefix: give one of them");
        }
        return problems;
    }

    /** Whether there may be several tables; if not, there is {@link #table()}. */
    boolean several() {
        return tables != null;
    }

    /** The one table. */
    String table() {
        return String.valueOf(table);
    }

    /** The topics that are named; none where a prefix chooses them. */
    List<String> topics(KafkaOptions kafka) {
        return topicPrefix == null ? kafka.topics() : List.of();
    }

    /** The topics of several tables. */
    TopicSelection selection(KafkaOptions kafka) {
        return topicPrefix == null
                ? new TopicSelection.Named(kafka.topics())
                : new TopicSelection.Prefixed(topicPrefix);
    }

    /** Where one of several tables is. */
    String tableOf(TopicSelection selection, String topic) {
        String directory = String.valueOf(tables);
        return directory + (directory.endsWith("/") ? "" : "/") + selection.tableName(topic);
    }
}
