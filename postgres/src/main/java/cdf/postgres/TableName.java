package cdf.postgres;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A table of a database, as the catalog spells it. */
public record TableName(String schema, String table) implements Comparable<TableName> {
    private static final Pattern PART = Pattern.compile("\"((?:[^\"]|\"\")+)\"|([^\".\\s]+)");
    private static final Pattern NAME = Pattern.compile("(?:(?<schema>" + PART + ")\\.)?(?<table>" + PART + ")");
    private static final Pattern NOT_IN_TOPICS = Pattern.compile("[^a-zA-Z0-9._-]");

    /**
     * Reads {@code schema.table} or {@code table} (of the schema public); a name with dots or spaces in it stands in double
     * quotes. Empty if the text is no such name.
     */
    public static Optional<TableName> parse(String text) {
        Matcher name = NAME.matcher(text.strip());
        if (!name.matches()) {
            return Optional.empty();
        }
        String schema = name.group("schema");
        return Optional.of(new TableName(schema == null ? "public" : unquoted(schema), unquoted(name.group("table"))));
    }

    private static String unquoted(String part) {
        return part.startsWith("\"") ? part.substring(1, part.length() - 1).replace("\"\"", "\"") : part;
    }

    /** The topic of the table's changes; what a topic's name cannot have is an underscore. */
    public String topic(String prefix) {
        return NOT_IN_TOPICS.matcher(prefix + "." + schema + "." + table).replaceAll("_");
    }

    /** The name as SQL has it. */
    String sql() {
        return Sql.identifier(schema) + "." + Sql.identifier(table);
    }

    @Override
    public int compareTo(TableName other) {
        int bySchema = schema.compareTo(other.schema);
        return bySchema == 0 ? table.compareTo(other.table) : bySchema;
    }

    @Override
    public String toString() {
        return schema + "." + table;
    }
}
