package cdf.verify;

import cdf.change.CdfException;
import cdf.change.Column;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.verify.TopicReplay.Known;
import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The rows of a table's version, brought to the moment of a snapshot of the source database with what the topic tells of
 * the time between, and compared with the source's rows. Used once, by one thread.
 */
final class SourceRows {
    private final TableSchema schema;
    private final PlainDecoder decoder;
    private final Map<Object, List<@Nullable Object>> rows;

    /** @param table the rows of the version, by key */
    SourceRows(TableSchema schema, PlainDecoder decoder, Map<Object, List<@Nullable Object>> table) {
        this.schema = schema;
        this.decoder = decoder;
        this.rows = new HashMap<>(table);
    }

    /**
     * Adds the changes that came after the version.
     *
     * @param until what the topic told of each key until the version: an event that is older than that is late
     */
    void add(TopicReplay since, TopicReplay until) {
        if (since.isComplete()) {
            rows.clear();
        }
        since.forEach((key, now) -> {
            Known before = until.isSequenced() ? until.find(key) : null;
            if (before != null && now.sequence() <= before.sequence()) {
                return;
            }
            if (now.row() == null) {
                rows.remove(key);
            } else {
                rows.put(key, now.row());
            }
        });
    }

    /** @param events how many events were added */
    SourceComparison compare(SourceSnapshot snapshot, long events) {
        Map<String, String> notCompared = notCompared(snapshot);
        int[] compared = IntStream.range(0, schema.columns().size())
                .filter(column ->
                        !notCompared.containsKey(schema.columns().get(column).name()))
                .toArray();
        List<Column> columns =
                IntStream.of(compared).mapToObj(schema.columns()::get).toList();
        DifferenceList differences = new DifferenceList(schema);
        long[] count = new long[1];
        snapshot.rows(columns, found -> {
            count[0]++;
            @Nullable Object[] full = new @Nullable Object[schema.columns().size()];
            for (int column = 0; column < compared.length; column++) {
                full[compared[column]] = value(columns.get(column), found.get(column));
            }
            List<@Nullable Object> expected = Arrays.asList(full);
            List<@Nullable Object> row = rows.remove(decoder.key(expected));
            if (row != null) {
                for (int column = 0; column < compared.length; column++) {
                    if (isSameSingle(found.get(column), row.get(compared[column]))) {
                        full[compared[column]] = row.get(compared[column]);
                    }
                }
            }
            differences.compare(row == null ? null : only(compared, row), expected);
        });
        rows.values().forEach(row -> differences.compare(only(compared, row), null));
        return new SourceComparison(count[0], events, differences.differences(), notCompared);
    }

    /** The columns that only one side has, or that the source cannot give as events do, and which of that it is. */
    private Map<String, String> notCompared(SourceSnapshot snapshot) {
        Map<String, String> notCompared = new LinkedHashMap<>();
        Set<String> onlyThere = new LinkedHashSet<>(snapshot.columns());
        for (Column column : schema.columns()) {
            if (!onlyThere.remove(column.name())) {
                notCompared.put(column.name(), "not in the database");
            } else if (!snapshot.isReadable(column)) {
                notCompared.put(column.name(), "the database has no exact form of what events have");
            }
        }
        schema.key().stream()
                .map(column -> schema.columns().get(column).name())
                .filter(notCompared::containsKey)
                .findFirst()
                .ifPresent(name -> {
                    throw new CdfException(
                            ExitCode.FAILED,
                            "the rows cannot be told apart: the key's column " + name + ": " + notCompared.get(name),
                            "verify this table without --database");
                });
        onlyThere.forEach(name -> notCompared.put(name, "not in the table"));
        return notCompared;
    }

    private static @Nullable Object value(Column column, @Nullable Object found) {
        if (found instanceof BigDecimal number) {
            return PlainValues.number(column.type(), number);
        }
        return found instanceof Float single ? Double.valueOf(single.toString()) : found;
    }

    /** How many digits a number of single precision has in the event is a matter of the Java that wrote it. */
    private static boolean isSameSingle(@Nullable Object found, @Nullable Object inTable) {
        return found instanceof Float single && inTable instanceof Double number && single.equals(number.floatValue());
    }

    /** The row without the values of other columns. */
    private static List<@Nullable Object> only(int[] columns, List<@Nullable Object> row) {
        if (columns.length == row.size()) {
            return row;
        }
        @Nullable Object[] values = new @Nullable Object[row.size()];
        for (int column : columns) {
            values[column] = row.get(column);
        }
        return Arrays.asList(values);
    }
}
