package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType.Kind;
import cdf.change.TableSchema;
import cdf.verify.TopicReplay.Known;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** The rows of a table beside what the topic says: {@link #take} each row, then {@link #end}. Not thread-safe. */
final class RowComparison {
    private final TopicReplay topic;
    private final PlainDecoder keys;
    private final TableSchema schema;
    private final boolean complete;
    private final Optional<String> sequenceColumn;
    private final boolean keeping;
    private final DifferenceList differences;
    private final Map<Object, List<@Nullable Object>> kept = new HashMap<>();

    private long count;
    private long unproven;
    private long wrongSequences;

    /**
     * Begins.
     *
     * @param complete whether the topic tells of every row
     * @param sequenceColumn the column with the number of the row's last change, if there is one
     * @param keeping whether to keep the rows for more comparisons
     */
    RowComparison(
            TopicReplay topic,
            PlainDecoder keys,
            TableSchema schema,
            boolean complete,
            Optional<String> sequenceColumn,
            boolean keeping) {
        this.topic = topic;
        this.keys = keys;
        this.schema = schema;
        this.complete = complete;
        this.sequenceColumn = sequenceColumn;
        this.keeping = keeping;
        this.differences = new DifferenceList(schema);
    }

    /** The columns that a row must have. */
    List<Column> columns() {
        List<Column> columns = new ArrayList<>(schema.columns());
        sequenceColumn.ifPresent(name -> columns.add(TableSchema.parse("`" + name + "` " + Kind.BIGINT, name)
                .columns()
                .get(0)));
        return columns;
    }

    void take(List<@Nullable Object> found) {
        count++;
        int width = schema.columns().size();
        List<@Nullable Object> row = sequenceColumn.isPresent() ? found.subList(0, width) : found;
        Object key = keys.key(row);
        if (keeping) {
            kept.put(key, row);
        }
        Known known = topic.find(key);
        if (known == null && !complete) {
            unproven++;
            return;
        }
        boolean second = known != null && known.find();
        differences.compare(row, known == null || second ? null : known.row());
        if (sequenceColumn.isPresent() && known != null && !Objects.equals(found.get(width), known.sequence())) {
            wrongSequences++;
        }
    }

    /** All rows have been seen: those that have not are missing. */
    void end() {
        topic.forEach((key, known) -> {
            if (known.isMissing()) {
                differences.compare(null, known.row());
            }
        });
    }

    /** How many rows the table has. */
    long count() {
        return count;
    }

    /** How many of them the topic says nothing of, if it is not complete. */
    long unproven() {
        return unproven;
    }

    /** How many rows have another number than their last change. */
    long wrongSequences() {
        return wrongSequences;
    }

    RowDifferences differences() {
        return differences.differences();
    }

    /** The table's rows by key, if they are kept. */
    Map<Object, List<@Nullable Object>> kept() {
        return kept;
    }
}
