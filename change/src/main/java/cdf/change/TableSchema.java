package cdf.change;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The columns of a table.
 *
 * @param key the indexes of the columns that tell its rows apart, in the order of the key
 */
public record TableSchema(List<Column> columns, List<Integer> key) implements Serializable {
    public TableSchema {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        List<String> problems = SchemaText.problems(columns, key);
        if (!problems.isEmpty() || key.isEmpty()) {
            throw new IllegalStateException(
                    "unchecked schema: " + columns + ", key " + key + ": " + String.join("; ", problems));
        }
    }

    /** Everything that is wrong with what a user asks for, a sentence each; empty when {@link #parse} takes it. */
    public static List<String> problems(String schema, String key) {
        return new SchemaText(schema, key).problems();
    }

    /**
     * Reads a schema that has no {@link #problems}.
     *
     * @param schema such as {@code id STRING, `full-name` STRING, balance DECIMAL(10,2)}: types in any case, back-quotes
     *     where the user likes them
     * @param key such as {@code id} or {@code region,id}
     */
    public static TableSchema parse(String schema, String key) {
        return new SchemaText(schema, key).toSchema();
    }

    /** The columns as {@link #parse} reads them. */
    public String ddl() {
        return columns.stream()
                .map(column -> "`" + column.name() + "` " + column.type())
                .collect(Collectors.joining(", "));
    }

    /** The key as {@link #parse} reads it. */
    public String keyText() {
        return key.stream().map(index -> columns.get(index).name()).collect(Collectors.joining(","));
    }

    /** The index of a column; -1 when the table has none of that name. */
    public int indexOf(String column) {
        return IntStream.range(0, columns.size())
                .filter(index -> columns.get(index).name().equals(column))
                .findFirst()
                .orElse(-1);
    }

    @Override
    public String toString() {
        return ddl() + ", PRIMARY KEY (" + keyText() + ")";
    }
}
