package cdf.postgres;

import java.util.Collection;
import java.util.Set;
import java.util.regex.Pattern;

import static java.util.stream.Collectors.joining;

/** Names in SQL that people may copy: quoted only where PostgreSQL needs it. */
final class Sql {
    private static final Pattern PLAIN = Pattern.compile("[a-z_][a-z0-9_]*");

    /** Those that are no name without quotes (PostgreSQL documentation, "SQL Key Words": reserved, also where "can be function or type"). */
    private static final Set<String> RESERVED = Set.of("""
            all analyse analyze and any array as asc asymmetric authorization binary both case cast check collate collation column
            concurrently constraint create cross current_catalog current_date current_role current_schema current_time
            current_timestamp current_user default deferrable desc distinct do else end except false fetch for foreign freeze
            from full grant group having ilike in initially inner intersect into is isnull join lateral leading left like limit
            localtime localtimestamp natural not notnull null offset on only or order outer overlaps placing primary references
            returning right select session_user similar some symmetric system_user table tablesample then to trailing true union
            unique user using variadic verbose when where window with""".split("\\s+"));

    private Sql() {}

    static String identifier(String name) {
        return PLAIN.matcher(name).matches() && !RESERVED.contains(name)
                ? name
                : "\"" + name.replace("\"", "\"\"") + "\"";
    }

    static String literal(String text) {
        return "'" + text.replace("'", "''") + "'";
    }

    static String list(Collection<TableName> tables) {
        return tables.stream().sorted().map(TableName::sql).collect(joining(", "));
    }
}
