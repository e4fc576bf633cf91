package cdf.change;

import org.jspecify.annotations.Nullable;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * The values of a row's columns, by the index of the column in the schema. Belongs to a decoder, which overwrites it with
 * the next event. Not thread-safe.
 *
 * <p>A column's value is had in the way of its type: STRING (UTF-8) and BINARY as bytes from an offset on, BOOLEAN as a
 * boolean, DOUBLE as a double, a DECIMAL of more than 18 digits as its unscaled value, and INT, BIGINT, DATE (days since
 * 1970-01-01), TIMESTAMP (microseconds since 1970-01-01T00:00Z) and shorter DECIMALs (unscaled) as a long.
 */
public final class ColumnValues {
    /** The states of a column. Bytes, for to write a reference costs the garbage collector's barrier. */
    private static final byte ABSENT = 0;

    private static final byte NULL = 1;
    private static final byte PRESENT = 2;
    private static final byte PRESENT_OUTSIDE_DOCUMENT = 3;

    /** Null here, for the event does not have the value, which did not change. */
    private static final byte UNAVAILABLE = -1;

    private final List<Column> columns;
    private final byte[] states;
    private final long[] longs;
    private final byte[][] outside;
    private final int[] offsets;
    private final int[] lengths;
    private final @Nullable BigInteger[] unscaled;
    private byte[] document = {};
    private @Nullable Rejection fault;

    ColumnValues(TableSchema schema) {
        columns = schema.columns();
        states = new byte[columns.size()];
        longs = new long[columns.size()];
        outside = new byte[columns.size()][];
        offsets = new int[columns.size()];
        lengths = new int[columns.size()];
        unscaled = new BigInteger[columns.size()];
    }

    public boolean isNull(int column) {
        return states[column] <= NULL;
    }

    public boolean booleanValue(int column) {
        return longs[column] != 0;
    }

    public int intValue(int column) {
        return (int) longs[column];
    }

    public long longValue(int column) {
        return longs[column];
    }

    public double doubleValue(int column) {
        return Double.longBitsToDouble(longs[column]);
    }

    /** The unscaled value of a DECIMAL of more than 18 digits. */
    public BigInteger unscaledValue(int column) {
        BigInteger value = unscaled[column];
        if (value == null) {
            throw new IllegalStateException("not a long decimal: column " + columns.get(column));
        }
        return value;
    }

    /** The array that a STRING or BINARY lies in: not to be changed, and larger than the value. */
    public byte[] bytes(int column) {
        return states[column] == PRESENT_OUTSIDE_DOCUMENT ? outside[column] : document;
    }

    public int offset(int column) {
        return offsets[column];
    }

    public int length(int column) {
        return lengths[column];
    }

    /** A STRING as text, for messages. */
    public String text(int column) {
        return new String(bytes(column), offsets[column], lengths[column], StandardCharsets.UTF_8);
    }

    /** Whether the value is null only because the event does not have it: it is what it was before the change. */
    public boolean isUnavailable(int column) {
        return states[column] == UNAVAILABLE;
    }

    /** Whether one of some columns, of type STRING or BINARY, has a {@linkplain Placeholder placeholder}. */
    boolean hasPlaceholder(int[] candidates) {
        for (int column : candidates) {
            if (isPlaceholder(column)) {
                return true;
            }
        }
        return false;
    }

    /** Takes placeholders for what they stand for. */
    void dropPlaceholders(int[] candidates) {
        for (int column : candidates) {
            if (isPlaceholder(column)) {
                states[column] = UNAVAILABLE;
            }
        }
    }

    private boolean isPlaceholder(int column) {
        if (states[column] < PRESENT) {
            return false;
        }
        byte[] value = bytes(column);
        int from = offsets[column];
        int to = from + lengths[column];
        return Placeholder.is(value, from, to)
                || (columns.get(column).type().kind() == ColumnType.Kind.STRING
                        && Placeholder.isNested(value, from, to));
    }

    /** Forgets all values: a row starts that stands in a document. */
    void start(byte[] in) {
        Arrays.fill(states, ABSENT);
        document = in;
        fault = null;
    }

    /** Whether the row has the column, if only as null. */
    boolean has(int column) {
        return states[column] != ABSENT;
    }

    void setNull(int column) {
        states[column] = NULL;
    }

    void setLong(int column, long value) {
        states[column] = PRESENT;
        longs[column] = value;
    }

    void setDouble(int column, double value) {
        setLong(column, Double.doubleToLongBits(value));
    }

    void setUnscaled(int column, BigInteger value) {
        states[column] = PRESENT;
        unscaled[column] = value;
    }

    void setBytes(int column, byte[] in, int from, int to) {
        if (in == document) {
            states[column] = PRESENT;
        } else {
            states[column] = PRESENT_OUTSIDE_DOCUMENT;
            outside[column] = in;
        }
        offsets[column] = from;
        lengths[column] = to - from;
    }

    /** Takes the place of the first value that does not fit. */
    void setFault(Rejection rejection) {
        if (fault == null) {
            fault = rejection;
        }
    }

    /** Throws what is wrong with the first value that does not fit, if there is one. */
    void requireSound() throws Rejection {
        if (fault != null) {
            throw fault;
        }
    }

    boolean hasAll(int[] required) {
        for (int column : required) {
            if (isNull(column)) {
                return false;
            }
        }
        return true;
    }

    /** Throws if one of the columns has no value; the image is the part of the event that should have it. */
    void requireAll(int[] required, String image) throws Rejection {
        for (int column : required) {
            if (isNull(column)) {
                String name = columns.get(column).name();
                throw new Rejection(
                        "key column \"" + name + "\" of \"" + image + "\" is " + (has(column) ? "null" : "missing"),
                        name);
            }
        }
    }

    /** Whether another row has the same value in a column in which both have one. */
    boolean hasSame(int column, ColumnValues other) {
        return switch (columns.get(column).type().storage()) {
            case BYTES ->
                Arrays.equals(
                        bytes(column),
                        offsets[column],
                        offsets[column] + lengths[column],
                        other.bytes(column),
                        other.offsets[column],
                        other.offsets[column] + other.lengths[column]);
            case UNSCALED -> unscaledValue(column).equals(other.unscaledValue(column));
            case LONG -> longs[column] == other.longs[column];
        };
    }

    /** Adds a column's value to a key. */
    void addTo(KeyHash key, int column) {
        switch (columns.get(column).type().storage()) {
            case BYTES -> key.add(bytes(column), offsets[column], lengths[column]);
            case UNSCALED -> key.add(unscaledValue(column));
            case LONG -> key.add(longs[column]);
        }
    }
}
