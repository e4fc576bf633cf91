package cdf.change;

import cdf.change.ColumnType.Kind;
import cdf.change.JsonCursor.Token;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Reads the values of one column from events' JSON. Not thread-safe. */
final class ColumnReader {
    private static final String KAFKA = "org.apache.kafka.connect.data.";
    private static final String DEBEZIUM = "io.debezium.time.";

    private static final byte[] NOT_A_NUMBER = "NaN".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] INFINITY = "Infinity".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] NEGATIVE_INFINITY = "-Infinity".getBytes(StandardCharsets.US_ASCII);

    private static final long MICROS_PER_MILLI = 1_000;
    private static final long NANOS_PER_MICRO = 1_000;

    private final ColumnType type;
    private final TextReader text;
    private final DecimalReader decimal;
    private final IsoTime isoTime = new IsoTime();

    /** What an integer counts that becomes microseconds, as a TIMESTAMP's precision says it; 0 for all others. */
    private final int timePrecision;

    /** What is wrong with every value, whatever it is; null as a rule. */
    private final @Nullable String misfit;

    /** @param schema what a wrapped event says of the column, or {@link ConnectSchema#UNKNOWN} */
    ColumnReader(ColumnType type, ConnectSchema schema) {
        this.type = type;
        this.text = new TextReader(schema);
        this.decimal = new DecimalReader(
                type, schema.type().equals("string"), schema.scale().orElse(type.scale()));
        this.timePrecision = timePrecision(type, schema.name());
        this.misfit = isMeant(type.kind(), schema.name()) ? null : "is a " + schema.name() + ", not a " + type.kind();
    }

    /** Readers of a table's columns, with what a wrapped event says of the row. */
    static ColumnReader[] of(TableSchema table, ConnectSchema row) {
        return table.columns().stream()
                .map(column -> new ColumnReader(column.type(), row.ofColumn(column.name())))
                .toArray(ColumnReader[]::new);
    }

    private static int timePrecision(ColumnType type, String name) {
        return switch (type.kind()) {
            case TIMESTAMP ->
                switch (name) {
                    case DEBEZIUM + "Timestamp", KAFKA + "Timestamp" -> ColumnType.MILLISECONDS;
                    case DEBEZIUM + "MicroTimestamp" -> ColumnType.MICROSECONDS;
                    case DEBEZIUM + "NanoTimestamp" -> ColumnType.NANOSECONDS;
                    default -> type.precision();
                };
            // The other times of day are in microseconds already: a column can go from one to the other.
            case BIGINT ->
                switch (name) {
                    case DEBEZIUM + "Time", KAFKA + "Time" -> ColumnType.MILLISECONDS;
                    default -> 0;
                };
            case STRING, BOOLEAN, INT, DOUBLE, DECIMAL, DATE, BINARY -> 0;
        };
    }

    /** Whether values of that name can be values of a column: numbers that count something else are not. */
    private static boolean isMeant(Kind kind, String name) {
        return switch (kind) {
            case DATE ->
                switch (name) {
                    case "", DEBEZIUM + "Date", DEBEZIUM + "IsoDate", KAFKA + "Date" -> true;
                    default -> false;
                };
            case TIMESTAMP ->
                switch (name) {
                    case "",
                            DEBEZIUM + "Timestamp",
                            DEBEZIUM + "MicroTimestamp",
                            DEBEZIUM + "NanoTimestamp",
                            DEBEZIUM + "ZonedTimestamp",
                            DEBEZIUM + "IsoTimestamp",
                            KAFKA + "Timestamp" -> true;
                    default -> false;
                };
            case STRING, BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL, BINARY -> true;
        };
    }

    /** Reads the value, not null, that the cursor has just passed; returns what is wrong with it, null if nothing. */
    @Nullable
    String read(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (misfit != null) {
            return misfit;
        }
        return switch (type.kind()) {
            case STRING -> text.read(token, cursor, values, column);
            case BOOLEAN -> readBoolean(token, values, column);
            case INT -> readInteger(token, cursor, Integer.MIN_VALUE, Integer.MAX_VALUE, values, column);
            case BIGINT -> readLong(token, cursor, values, column);
            case DOUBLE -> readDouble(token, cursor, values, column);
            case DECIMAL -> decimal.read(token, cursor, values, column);
            case DATE -> readDate(token, cursor, values, column);
            case TIMESTAMP -> readTimestamp(token, cursor, values, column);
            case BINARY -> readBinary(token, cursor, values, column);
        };
    }

    private static @Nullable String readBoolean(Token token, ColumnValues values, int column) {
        if (token != Token.TRUE && token != Token.FALSE) {
            return "is neither true nor false";
        }
        values.setLong(column, token == Token.TRUE ? 1 : 0);
        return null;
    }

    private @Nullable String readInteger(
            Token token, JsonCursor cursor, long min, long max, ColumnValues values, int column) {
        if (token != Token.NUMBER || !cursor.number().isInteger()) {
            return "is not an integer";
        }
        if (!cursor.number().isLong()) {
            return "does not fit " + type;
        }
        long value = cursor.number().longValue();
        if (value < min || value > max) {
            return "does not fit " + type;
        }
        values.setLong(column, value);
        return null;
    }

    private static @Nullable String readDouble(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (token == Token.TEXT) {
            return readSpecialDouble(cursor, values, column);
        }
        if (token != Token.NUMBER) {
            return "is not a number";
        }
        double value = cursor.number().doubleValue();
        if (!Double.isFinite(value)) {
            return "does not fit DOUBLE";
        }
        values.setDouble(column, value);
        return null;
    }

    private static @Nullable String readSpecialDouble(JsonCursor cursor, ColumnValues values, int column) {
        cursor.unescape();
        if (isText(cursor, NOT_A_NUMBER)) {
            values.setDouble(column, Double.NaN);
        } else if (isText(cursor, INFINITY)) {
            values.setDouble(column, Double.POSITIVE_INFINITY);
        } else if (isText(cursor, NEGATIVE_INFINITY)) {
            values.setDouble(column, Double.NEGATIVE_INFINITY);
        } else {
            return "is not a number";
        }
        return null;
    }

    private static boolean isText(JsonCursor cursor, byte[] text) {
        return Arrays.equals(cursor.text(), cursor.textFrom(), cursor.textTo(), text, 0, text.length);
    }

    private @Nullable String readDate(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (token != Token.TEXT) {
            return readInteger(token, cursor, Integer.MIN_VALUE, Integer.MAX_VALUE, values, column);
        }
        cursor.unescape();
        if (!isoTime.readDate(cursor.text(), cursor.textFrom(), cursor.textTo())) {
            return "is no date such as 2026-02-28";
        }
        values.setLong(column, isoTime.value());
        return null;
    }

    private @Nullable String readTimestamp(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (token != Token.TEXT) {
            return readLong(token, cursor, values, column);
        }
        cursor.unescape();
        if (!isoTime.readTimestamp(cursor.text(), cursor.textFrom(), cursor.textTo())) {
            return "is no time such as 2026-02-28T23:59:59.999999Z";
        }
        if (!isoTime.isExact()) {
            return "is no whole number of microseconds";
        }
        values.setLong(column, isoTime.value());
        return null;
    }

    private @Nullable String readLong(Token token, JsonCursor cursor, ColumnValues values, int column) {
        String problem = readInteger(token, cursor, Long.MIN_VALUE, Long.MAX_VALUE, values, column);
        return problem == null ? toMicros(values, column) : problem;
    }

    /** Brings a time that was read as an integer to microseconds. */
    private @Nullable String toMicros(ColumnValues values, int column) {
        long value = values.longValue(column);
        switch (timePrecision) {
            case ColumnType.MILLISECONDS -> {
                if (value > Long.MAX_VALUE / MICROS_PER_MILLI || value < Long.MIN_VALUE / MICROS_PER_MILLI) {
                    return "does not fit " + type.kind();
                }
                values.setLong(column, value * MICROS_PER_MILLI);
            }
            case ColumnType.NANOSECONDS -> {
                if (value % NANOS_PER_MICRO != 0) {
                    return "is no whole number of microseconds";
                }
                values.setLong(column, value / NANOS_PER_MICRO);
            }
            default -> {}
        }
        return null;
    }

    private static @Nullable String readBinary(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (token != Token.TEXT) {
            return "is not base64";
        }
        cursor.unescape();
        byte[] text = cursor.text();
        int length = Base64Text.length(text, cursor.textFrom(), cursor.textTo());
        int offset = cursor.scratch().reserve(length);
        byte[] target = cursor.scratch().bytes();
        if (!Base64Text.decode(text, cursor.textFrom(), cursor.textTo(), target, offset)) {
            return "is not base64";
        }
        values.setBytes(column, target, offset, offset + length);
        return null;
    }
}
