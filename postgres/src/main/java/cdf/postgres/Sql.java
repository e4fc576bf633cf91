package cdf.postgres;

import java.util.Collection;
import java.util.regex.Pattern;

import static java.util.stream.Collectors.joining;

/** Names in SQL that people may copy: quoted only where PostgreSQL needs it. */
final class Sql {
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    private Sql() {}

    static String identifier(String name) {
        return PLAIN.matcher(name).matches() ? name : "\"" + name.replace("\"", "\"\"") + "\"";
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    static String list(Collection<TableName> tables) {
        return tables.stream().sorted().map(TableName::sql).collect(joining(", "));
    }
}
