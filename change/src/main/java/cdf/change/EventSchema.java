package cdf.change;

import org.jspecify.annotations.Nullable;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What wrapped events say of their table: its columns as they are now and, if the record's key says it, its key. Not every
 * one of a database's tables can be a table of cdf: {@link #problems()} are why not.
 *
 * @param columns as a table would have them, but for those that no table can have
 * @param key the names of the key's columns; empty if the record's key does not say
 */
public record EventSchema(List<Column> columns, List<String> key, List<String> problems) implements Serializable {
    public EventSchema {
        columns = List.copyOf(columns);
        key = List.copyOf(key);
        problems = List.copyOf(problems);
    }

    /** Reads it from a record whose value is wrapped; empty if the value is not, or says nothing of its rows. */
    public static Optional<EventSchema> read(byte @Nullable [] key, byte @Nullable [] value) {
        List<String> names =
                WrappedSchema.read(key).map(wrapped -> names(wrapped.schema())).orElse(List.of());
        return WrappedSchema.read(value)
                .flatMap(wrapped -> ofEnvelope(wrapped.schema()))
                .map(schema -> schema.withKey(names));
    }

    /** Reads it from the schema of an envelope; empty if that says nothing of its rows. */
    static Optional<EventSchema> ofEnvelope(ConnectSchema envelope) {
        ConnectSchema after = envelope.of(Envelope.AFTER);
        ConnectSchema row = after.fields().isEmpty() ? envelope.of(Envelope.BEFORE) : after;
        return row.fields().isEmpty() ? Optional.empty() : Optional.of(ofRow(row));
    }

    /** The table's own. */
    static EventSchema of(TableSchema table) {
        return new EventSchema(table.columns(), List.of(), List.of());
    }

    /** The names of a struct's fields. */
    static List<String> names(ConnectSchema struct) {
        return struct.fields().stream().map(ConnectSchema::field).toList();
    }

    EventSchema withKey(List<String> names) {
        return new EventSchema(columns, names, problems);
    }

    /**
     * The schema of a table for such events.
     *
     * @throws CdfException if there can be none, or the key is not known
     */
    public TableSchema toTable() {
        List<String> reasons = new ArrayList<>(problems);
        List<Integer> indexes = new ArrayList<>();
        List<String> names = columns.stream().map(Column::name).toList();
        for (String name : key) {
            if (names.contains(name)) {
                indexes.add(names.indexOf(name));
            } else {
                reasons.add("the key column \"" + name + "\" is not among the columns");
            }
        }
        if (key.isEmpty()) {
            reasons.add("the record's key does not say what its columns are");
        }
        reasons.addAll(SchemaText.problems(columns, indexes));
        if (!reasons.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "no table can be made of the events' schema: " + String.join("; ", reasons),
                    "leave the column out of what the connector captures, or give the columns with --schema and --key");
        }
        return new TableSchema(columns, indexes);
    }

    /** What a table must become to hold such events as well as those that it holds. */
    public SchemaChange change(TableSchema table) {
        List<String> reasons = new ArrayList<>(problems);
        List<Column> changed = new ArrayList<>(table.columns());
        Set<Integer> keyColumns = new HashSet<>(table.key());
        for (Column column : columns) {
            int index = table.indexOf(column.name());
            if (index < 0) {
                changed.add(column);
                continue;
            }
            ColumnType type = table.columns().get(index).type();
            Optional<ColumnType> wider =
                    keyColumns.contains(index) ? type.widenedKey(column.type()) : type.widened(column.type());
            if (wider.isPresent()) {
                changed.set(index, new Column(column.name(), wider.get()));
            } else {
                reasons.add((keyColumns.contains(index) ? "the key column \"" : "the column \"") + column.name()
                        + "\" is " + column.type() + " now, and " + type + " in the table");
            }
        }
        reasons.addAll(keyProblems(table));
        reasons.addAll(SchemaText.problems(changed, table.key()));
        if (!reasons.isEmpty()) {
            return new SchemaChange.Impossible(String.join("; ", reasons));
        }
        return changed.equals(table.columns())
                ? new SchemaChange.None()
                : new SchemaChange.Evolved(new TableSchema(changed, table.key()));
    }

    private List<String> keyProblems(TableSchema table) {
        List<String> reasons = new ArrayList<>();
        Set<String> tableKey = new HashSet<>();
        for (int index : table.key()) {
            String name = table.columns().get(index).name();
            tableKey.add(name);
            if (columns.stream().noneMatch(column -> column.name().equals(name))) {
                reasons.add("the key column \"" + name + "\" is gone");
            }
        }
        if (reasons.isEmpty() && !key.isEmpty() && !tableKey.equals(Set.copyOf(key))) {
            reasons.add("the key is " + String.join(",", key) + " now, and " + table.keyText() + " in the table");
        }
        return reasons;
    }

    private static EventSchema ofRow(ConnectSchema row) {
        List<Column> columns = new ArrayList<>();
        List<String> problems = new ArrayList<>();
        for (ConnectSchema field : row.fields()) {
            Optional<ColumnType> type = field.columnType();
            if (!Column.isName(field.field())) {
                problems.add("the name \"" + field.field()
                        + "\" is empty or has a character that Delta Lake or JSON gives a meaning");
            } else if (type.isEmpty()) {
                problems.add("the column \"" + field.field() + "\" has the unknown type \"" + field.type() + "\"");
            } else {
                columns.add(new Column(field.field(), type.get()));
            }
        }
        return new EventSchema(columns, List.of(), problems);
    }
}
