package cdf.verify;

import cdf.change.CdfException;
import cdf.change.Column;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** A version of a table, and what it says of itself and of the topic that it is made from. */
final class AppliedTable {
    /** The column that cdf adds to a table whose changes have an order of their own. */
    static final String SEQUENCE = "_sequence";

    private static final List<String> ACCOUNTS = List.of("applied", "superseded", "ignored", "dead-lettered");

    private final KernelTable table;
    private final String path;
    private final String topic;

    /** @param path where it is, for messages */
    AppliedTable(KernelTable table, String path, String topic) {
        this.table = table;
        this.path = path;
        this.topic = topic;
    }

    /** Where events have the number that orders the changes, if not the topic does. */
    Optional<String> sequenceBy() {
        return table.property("cdf.sequence-by");
    }

    /** Whether the table's columns follow those of the events. */
    boolean isLearned() {
        return table.property("cdf.schema").equals(Optional.of("learned"));
    }

    /** {@link #SEQUENCE}, if the table has it. */
    Optional<String> sequenceColumn() {
        return sequenceBy().map(path -> SEQUENCE);
    }

    /**
     * The columns and the key.
     *
     * @param given what the user says that they are
     */
    TableSchema schema(Optional<TableSchema> given) {
        String key = given.map(TableSchema::keyText)
                .or(() -> table.property("cdf.key"))
                .orElseThrow(() -> new CdfException(
                        ExitCode.FAILED,
                        "the table " + path + " does not say what its key is",
                        "give its columns and its key with --schema and --key"));
        TableSchema own = table.schema(key, sequenceColumn());
        given.filter(columns -> !types(columns).equals(types(own))).ifPresent(columns -> {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + path + " has other columns: " + own.ddl() + ", not " + columns.ddl(),
                    "leave --schema and --key out: the table knows its columns");
        });
        return given.orElse(own);
    }

    /** The columns as a table has them: what an integer in an event counts is not a matter of the table. */
    private static Map<String, String> types(TableSchema schema) {
        return schema.columns().stream().collect(Collectors.toMap(Column::name, column -> column.type()
                .toString()
                .replaceFirst("TIMESTAMP\\(\\d\\)", "TIMESTAMP")));
    }

    /** What the topic has, which must be the one that the table was made from. */
    TopicContents contents(Topics topics) {
        TopicContents contents = topics.contents(topic)
                .orElseThrow(() -> new CdfException(
                        ExitCode.FAILED,
                        "there is no topic " + topic + " at " + topics.connection(),
                        "name the topic that the table was made from with --topic"));
        Optional<String> id = table.property("cdf.topic-id." + topic);
        if (id.isPresent() && !id.get().equals(contents.id())) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the topic " + topic + " is not the one that " + path
                            + " was made from: it was deleted and created again",
                    "the table cannot be compared with another topic");
        }
        return contents;
    }

    /** Up to where the version has the partitions of the topic. */
    Map<Integer, Long> positions(TopicContents contents) {
        Map<Integer, Long> positions = new HashMap<>();
        contents.endOffsets().forEach((partition, end) -> {
            OptionalLong position = recorded(partition.toString());
            if (position.isPresent()) {
                positions.put(partition, position.getAsLong());
            }
            if (position.orElse(0) > end) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "the table " + path + " stands at offset " + position.getAsLong() + " in partition " + partition
                                + " of " + topic + ", which ends at " + end,
                        "name the topic that the table was made from with --topic");
            }
        });
        if (positions.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "version " + table.version() + " of the table " + path + " has nothing of the topic " + topic
                            + " yet",
                    "run cdf apply, or name the topic that the table was made from with --topic");
        }
        return positions;
    }

    /** How many events the table's accounts have, if it has accounts. */
    OptionalLong read() {
        long read = 0;
        for (String account : ACCOUNTS) {
            OptionalLong count = recorded(account);
            if (count.isEmpty()) {
                return count;
            }
            read += count.getAsLong();
        }
        return OptionalLong.of(read);
    }

    long deadLettered() {
        return recorded("dead-lettered").orElse(0);
    }

    private OptionalLong recorded(String name) {
        return table.transaction("cdf/" + topic + "/" + name);
    }
}
