package cdf.change;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.math.BigInteger;

/** Reads the values of a DECIMAL column. Not thread-safe. */
final class DecimalReader {
    /** So many bytes hold about as many digits as a number in an event may have. */
    private static final int MAX_UNSCALED_BYTES = 416;

    private static final long[] POWERS_OF_TEN = new long[ColumnType.MAX_LONG_DIGITS + 1];

    static {
        POWERS_OF_TEN[0] = 1;
        for (int power = 1; power < POWERS_OF_TEN.length; power++) {
            POWERS_OF_TEN[power] = POWERS_OF_TEN[power - 1] * 10;
        }
    }

    private final ColumnType type;
    private final boolean isText;
    private final int bytesScale;
    private final JsonNumber textNumber = new JsonNumber();

    /**
     * @param isText whether text is the number's digits; else it is the base64 of the unscaled value's bytes
     * @param bytesScale the scale of that value
     */
    DecimalReader(ColumnType type, boolean isText, int bytesScale) {
        this.type = type;
        this.isText = isText;
        this.bytesScale = bytesScale;
    }

    /** Reads the value that the cursor has just passed; returns what is wrong with it, null if nothing. */
    @Nullable
    String read(JsonCursor.Token token, JsonCursor cursor, ColumnValues values, int column) {
        return switch (token) {
            case NUMBER -> readNumber(cursor.number(), values, column);
            case TEXT -> isText ? readDigits(cursor, values, column) : readBase64(cursor, values, column);
            case OBJECT, ARRAY, TRUE, FALSE, NULL -> isText ? "is no number" : "is neither a number nor base64";
        };
    }

    private @Nullable String readDigits(JsonCursor cursor, ColumnValues values, int column) {
        cursor.unescape();
        textNumber.start(cursor.text());
        int end = textNumber.read(cursor.textFrom(), cursor.textTo());
        return end == cursor.textTo() ? readNumber(textNumber, values, column) : "is no number";
    }

    private @Nullable String readNumber(JsonNumber number, ColumnValues values, int column) {
        if (number.isShort() && type.isLongDecimal()) {
            return setShort(number.shortUnscaled(), number.scale(), values, column);
        }
        if (number.isZero()) {
            return set(BigDecimal.ZERO, values, column);
        }
        return number.isExtreme() ? misfit() : set(number.toBigDecimal(), values, column);
    }

    private @Nullable String readBase64(JsonCursor cursor, ColumnValues values, int column) {
        cursor.unescape();
        byte[] text = cursor.text();
        int length = Base64Text.length(text, cursor.textFrom(), cursor.textTo());
        if (length > MAX_UNSCALED_BYTES) {
            return misfit();
        }
        int offset = cursor.scratch().reserve(length);
        byte[] bytes = cursor.scratch().bytes();
        boolean decoded = Base64Text.decode(text, cursor.textFrom(), cursor.textTo(), bytes, offset);
        if (!decoded || length == 0) {
            return "is no base64 of an unscaled value";
        }
        if (length < Long.BYTES && type.isLongDecimal()) {
            long unscaled = bytes[offset];
            for (int at = offset + 1; at < offset + length; at++) {
                unscaled = (unscaled << Byte.SIZE) | (bytes[at] & 0xFF);
            }
            return setShort(unscaled, bytesScale, values, column);
        }
        return set(new BigDecimal(new BigInteger(bytes, offset, length), bytesScale), values, column);
    }

    /** Sets a value of at most 18 digits, in a column of at most 18 digits. */
    private @Nullable String setShort(long unscaled, int scale, ColumnValues values, int column) {
        long digits = unscaled;
        int shift = type.scale() - scale;
        while (shift < 0 && digits != 0 && digits % 10 == 0) {
            digits /= 10;
            shift++;
        }
        if (digits == 0) {
            values.setLong(column, 0);
            return null;
        }
        if (shift < 0 || shift > type.precision() || Math.abs(digits) >= POWERS_OF_TEN[type.precision() - shift]) {
            return misfit();
        }
        values.setLong(column, digits * POWERS_OF_TEN[shift]);
        return null;
    }

    private @Nullable String set(BigDecimal value, ColumnValues values, int column) {
        BigDecimal shortest = value.stripTrailingZeros();
        boolean fits = value.signum() == 0
                || (shortest.scale() <= type.scale()
                        && (long) shortest.precision() - shortest.scale() <= type.precision() - type.scale());
        if (!fits) {
            return misfit();
        }
        BigInteger unscaled = shortest.setScale(type.scale()).unscaledValue();
        if (type.isLongDecimal()) {
            values.setLong(column, unscaled.longValueExact());
        } else {
            values.setUnscaled(column, unscaled);
        }
        return null;
    }

    private String misfit() {
        return "does not fit " + type;
    }
}
