package cdf.postgres;

import cdf.change.ColumnType.Kind;

import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

import static java.util.stream.Collectors.joining;

/**
 * The type of a column of PostgreSQL, and how SQL gives its values as Debezium's events have them, without Debezium.
 *
 * @param name as {@code format_type} gives it, of a domain the type below; {@code enum} for any enumeration
 * @param modifier the number that has its parameters; -1 if it has none
 */
record SourceType(String name, int modifier) {
    /** Those whose values come as the text that the server shows. */
    private static final Set<String> TEXTS = Set.of(
            "text",
            "character varying",
            "character",
            "\"char\"",
            "name",
            "citext",
            "enum",
            "uuid",
            "json",
            "jsonb",
            "xml",
            "tsvector",
            "inet",
            "cidr",
            "macaddr",
            "macaddr8",
            "int4range",
            "int8range",
            "numrange",
            "daterange",
            "tsrange");

    /** Those whose arrays come as the JSON that the server makes of them. */
    private static final Set<String> ELEMENTS = Set.of(
            "boolean",
            "smallint",
            "integer",
            "bigint",
            "text",
            "character varying",
            "character",
            "enum",
            "uuid",
            "inet",
            "cidr");

    private static final String ARRAY = "[]";

    /** A modifier that is not there. */
    private static final int NONE = -1;

    /** Debezium counts 30.4375 days a month, PostgreSQL 30 of those that are no whole year. */
    private static final int MORE_SECONDS_A_MONTH = 37_800;

    /** What Debezium sends for the infinite timestamps, in microseconds. */
    private static final String INFINITY = "9223372036825200000";

    private static final String NEGATIVE_INFINITY = "-9223372036832400000";

    /**
     * What to select for a column of the type, so that the driver has it as a table's column does; empty if SQL has no exact
     * form of what events have.
     *
     * @param column its name in SQL
     * @param kind the type of the table's column
     */
    Optional<String> expression(String column, Kind kind) {
        return switch (kind) {
            case STRING -> text(column);
            case BOOLEAN -> when(name.equals("boolean") || (name.equals("bit") && modifier == 1), column);
            case INT, DECIMAL -> number(column);
            case BIGINT -> number(column).or(() -> micros(column));
            case DOUBLE ->
                when(name.equals("real") || name.equals("double precision"), column)
                        .or(() -> number(column).map(number -> "(" + number + ")::float8"));
            case DATE -> when(name.equals("date"), finite(column, column + " - date '1970-01-01'"));
            case TIMESTAMP -> when(name.startsWith("timestamp ") && !name.endsWith(ARRAY), timestamp(column));
            case BINARY ->
                when(name.equals("bytea"), "encode(" + column + ", 'hex')").or(() -> bits(column));
        };
    }

    private Optional<String> text(String column) {
        if (name.endsWith(ARRAY)) {
            return when(
                    ELEMENTS.contains(name.substring(0, name.length() - ARRAY.length())),
                    "to_json(" + column + ")::text");
        }
        return switch (name) {
            case "numeric" -> Optional.of(shown(realNumber(modifier == NONE ? "trim_scale(" + column + ")" : column)));
            case "time with time zone" -> Optional.of("replace((" + column + " AT TIME ZONE 'UTC')::text, '+00', 'Z')");
            default -> when(TEXTS.contains(name), shown(column));
        };
    }

    /** The text that the type itself gives, as replication does: a cast of inet would add its mask. */
    private static String shown(String value) {
        return "CASE WHEN " + value + " IS NOT NULL THEN format('%s', " + value + ") END";
    }

    private Optional<String> number(String column) {
        return switch (name) {
            case "smallint", "integer", "bigint", "oid" -> Optional.of(column);
            case "numeric" -> Optional.of(realNumber(column));
            case "money" -> Optional.of(column + "::numeric");
            default -> Optional.empty();
        };
    }

    /** Null for what is infinite or no number: Debezium's precise decimals have neither. */
    private static String realNumber(String value) {
        return "CASE WHEN abs(" + value + ") < 'Infinity' THEN " + value + " END";
    }

    private Optional<String> micros(String column) {
        String epoch = "extract(epoch FROM " + column + ")";
        return switch (name) {
            case "time without time zone" -> Optional.of(epoch + " * 1000000");
            case "interval" -> {
                String seconds = "extract(second FROM " + column + ")";
                // Debezium adds up doubles, and leaves out what is less than a microsecond then.
                yield Optional.of(finite(
                        column,
                        "trunc(((" + epoch + " - " + seconds + " + extract(month FROM " + column + ") * "
                                + MORE_SECONDS_A_MONTH + ")::float8 + " + seconds + "::float8) * 1000000)::bigint"));
            }
            default -> Optional.empty();
        };
    }

    /** Null for what is infinite: what Debezium makes of it is no date, and no interval. */
    private static String finite(String column, String value) {
        return "CASE WHEN isfinite(" + column + ") THEN " + value + " END";
    }

    private static String timestamp(String column) {
        return "CASE " + column + " WHEN 'infinity' THEN " + INFINITY + " WHEN '-infinity' THEN " + NEGATIVE_INFINITY
                + " ELSE (extract(epoch FROM " + column + ") * 1000000)::bigint END";
    }

    /** The bytes of a bit string of a fixed length, of which the last has the first bits. */
    private Optional<String> bits(String column) {
        return when(
                name.equals("bit"),
                IntStream.iterate(modifier, end -> end > 0, end -> end - Byte.SIZE)
                        .mapToObj(end -> "lpad(to_hex(substring(" + column + " FROM " + Math.max(1, end - Byte.SIZE + 1)
                                + " FOR " + Math.min(end, Byte.SIZE) + ")::int), 2, '0')")
                        .collect(joining(" || ")));
    }

    private static Optional<String> when(boolean exact, String expression) {
        return exact ? Optional.of(expression) : Optional.empty();
    }
}
