package cdf.change;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;

/** A number as JSON writes it, taken apart without rounding. Holds the last one that was read; not thread-safe. */
final class JsonNumber {
    /** In place of a position: here is no number. */
    static final int NONE = -1;

    /** A longer one is not read: what it costs grows with the square of its length. */
    private static final int MAX_CHARACTERS = 1_000;

    /** So many digits fit an unsigned long, and so does every BIGINT. */
    private static final int MAX_MANTISSA_DIGITS = 19;

    private static final int MAX_EXPONENT = 100_000_000;

    /** Doubles hold integers to 2^53 and powers of ten to 10^22 exactly, so one division or product rounds but once. */
    private static final long MAX_EXACT_DOUBLE = 1L << 53;

    private static final double[] EXACT_POWERS = {
        1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22
    };

    private byte[] bytes = {};
    private int from;
    private int to;
    private boolean negative;
    private boolean integer;

    /** The digits without leading zeros; right if they are {@link #MAX_MANTISSA_DIGITS} or fewer. */
    private long mantissa;

    private int digits;
    private int decimals;
    private int exponent;

    /** Says where the numbers are that will be read. */
    void start(byte[] in) {
        bytes = in;
    }

    /** Reads the number that starts at a position, and returns the position after it, or {@link #NONE}. */
    int read(int start, int end) {
        from = start;
        to = end;
        mantissa = 0;
        digits = 0;
        decimals = 0;
        exponent = 0;
        integer = true;
        int at = start;
        negative = byteAt(at) == '-';
        if (negative) {
            at++;
        }
        int afterInteger = byteAt(at) == '0' ? at + 1 : readDigits(at);
        if (afterInteger == at) {
            return NONE;
        }
        at = afterInteger;
        if (byteAt(at) == '.') {
            integer = false;
            int afterFraction = readDigits(at + 1);
            decimals = afterFraction - at - 1;
            if (decimals == 0) {
                return NONE;
            }
            at = afterFraction;
        }
        if ((byteAt(at) | 0x20) == 'e') {
            integer = false;
            at = readExponent(at + 1);
            if (at == NONE) {
                return NONE;
            }
        }
        to = at;
        return at;
    }

    /** Whether it was written without a fraction and an exponent. */
    boolean isInteger() {
        return integer;
    }

    /** Whether it is an integer from {@link Long#MIN_VALUE} to {@link Long#MAX_VALUE}. */
    boolean isLong() {
        return integer && digits <= MAX_MANTISSA_DIGITS && (mantissa >= 0 || (negative && mantissa == Long.MIN_VALUE));
    }

    /** The value of a number that {@link #isLong()}. */
    long longValue() {
        return negative ? -mantissa : mantissa;
    }

    /** Whether it is {@link #shortUnscaled()} × 10 to the power of minus {@link #scale()}. */
    boolean isShort() {
        return digits <= ColumnType.MAX_LONG_DIGITS;
    }

    long shortUnscaled() {
        return negative ? -mantissa : mantissa;
    }

    int scale() {
        return decimals - exponent;
    }

    /** Whether it is too long or too far from 1 to be any DECIMAL but zero. */
    boolean isExtreme() {
        return to - from > MAX_CHARACTERS || Math.abs(exponent) >= MAX_EXPONENT;
    }

    /** The nearest double, infinite when there is none. */
    double doubleValue() {
        int scale = scale();
        if (isShort() && mantissa <= MAX_EXACT_DOUBLE && Math.abs(scale) < EXACT_POWERS.length) {
            double magnitude = scale > 0 ? mantissa / EXACT_POWERS[scale] : mantissa * EXACT_POWERS[-scale];
            return negative ? -magnitude : magnitude;
        }
        return Double.parseDouble(text());
    }

    boolean isZero() {
        return digits == 0;
    }

    /** A number that is not {@link #isExtreme()}; written out without its exponent it could still take much memory. */
    BigDecimal toBigDecimal() {
        return new BigDecimal(text());
    }

    /** Works on locals: to write the fields for each digit would take most of the time. */
    private int readDigits(int start) {
        byte[] in = bytes;
        int end = to;
        long value = mantissa;
        int significant = digits;
        int at = start;
        while (at < end) {
            int digit = in[at] - '0';
            if (digit < 0 || digit > 9) {
                break;
            }
            value = value * 10 + digit;
            significant += (value | significant) == 0 ? 0 : 1;
            at++;
        }
        mantissa = value;
        digits = significant;
        return at;
    }

    private int readExponent(int start) {
        int sign = byteAt(start);
        int first = sign == '+' || sign == '-' ? start + 1 : start;
        int at = first;
        int magnitude = 0;
        for (int digit = byteAt(at) - '0'; digit >= 0 && digit <= 9; digit = byteAt(at) - '0') {
            magnitude = Math.min(magnitude * 10 + digit, MAX_EXPONENT);
            at++;
        }
        exponent = sign == '-' ? -magnitude : magnitude;
        return at == first ? NONE : at;
    }

    private int byteAt(int at) {
        return at < to ? bytes[at] : -1;
    }

    private String text() {
        return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1);
    }
}
