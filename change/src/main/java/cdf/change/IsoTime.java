package cdf.change;

import java.time.DateTimeException;
import java.time.LocalDate;
import java.util.concurrent.TimeUnit;

/**
 * Dates and times as ISO 8601 writes them, in ASCII: {@code 2026-02-28} and {@code 2026-02-28T23:59:59.999999+01:00}, where
 * seconds and fraction may be missing, and a year of more than four digits has a sign. Walks over one text; not
 * thread-safe.
 */
final class IsoTime {
    private static final long MICROS_PER_DAY = TimeUnit.DAYS.toMicros(1);
    private static final long MICROS_PER_SECOND = TimeUnit.SECONDS.toMicros(1);

    /** Every time of these years fits microseconds in a long. */
    private static final int MAX_YEAR = 290_000;

    private static final int MAX_OFFSET_SECONDS = 18 * 3600;

    private byte[] text = {};
    private int at;
    private int to;
    private boolean valid;
    private boolean exact;
    private long value;

    /** Reads a date as days since 1970-01-01; whether it is one. */
    boolean readDate(byte[] in, int from, int end) {
        start(in, from, end);
        value = readDay();
        return valid && at == to;
    }

    /** Reads a time with its offset as microseconds since 1970-01-01T00:00Z; whether it is one. */
    boolean readTimestamp(byte[] in, int from, int end) {
        start(in, from, end);
        long days = readDay();
        skip('T');
        long seconds = 3600L * readNumber(23);
        skip(':');
        seconds += 60L * readNumber(59);
        long micros = 0;
        if (next() == ':') {
            at++;
            seconds += readNumber(59);
            micros = next() == '.' ? readMicros() : 0;
        }
        seconds -= readOffset();
        value = days * MICROS_PER_DAY + seconds * MICROS_PER_SECOND + micros;
        return valid && at == to;
    }

    /** Whether the time that was read is a whole number of microseconds. */
    boolean isExact() {
        return exact;
    }

    /** What was read: days, or microseconds. */
    long value() {
        return value;
    }

    private void start(byte[] in, int from, int end) {
        text = in;
        at = from;
        to = end;
        valid = true;
        exact = true;
    }

    private long readDay() {
        int sign = next();
        boolean signed = sign == '+' || sign == '-';
        if (signed) {
            at++;
        }
        int from = at;
        int year = 0;
        while (isDigit(next()) && at - from < 6) {
            year = year * 10 + digit();
        }
        valid &= at - from == 4 ? sign != '+' : signed && at - from > 4;
        valid &= year <= MAX_YEAR && !(sign == '-' && year == 0);
        skip('-');
        int month = readNumber(12);
        skip('-');
        int day = readNumber(31);
        if (!valid) {
            return 0;
        }
        try {
            return LocalDate.of(sign == '-' ? -year : year, month, day).toEpochDay();
        } catch (DateTimeException noSuchDay) {
            valid = false;
            return 0;
        }
    }

    /** Reads the point and one to nine digits. */
    private long readMicros() {
        at++;
        int from = at;
        long nanos = 0;
        while (isDigit(next()) && at - from < 9) {
            nanos = nanos * 10 + digit();
        }
        valid &= at > from;
        for (int place = at - from; place < 9; place++) {
            nanos *= 10;
        }
        exact = nanos % 1_000 == 0;
        return nanos / 1_000;
    }

    private long readOffset() {
        int sign = next();
        at++;
        if (sign == 'Z') {
            return 0;
        }
        valid &= sign == '+' || sign == '-';
        long seconds = 3600L * readNumber(18);
        skip(':');
        seconds += 60L * readNumber(59);
        if (next() == ':') {
            at++;
            seconds += readNumber(59);
        }
        valid &= seconds <= MAX_OFFSET_SECONDS;
        return sign == '-' ? -seconds : seconds;
    }

    /** Reads two digits. */
    private int readNumber(int max) {
        int number = isDigit(next()) ? digit() * 10 : invalid();
        number += isDigit(next()) ? digit() : invalid();
        valid &= number <= max;
        return number;
    }

    private int invalid() {
        valid = false;
        return 0;
    }

    private void skip(char expected) {
        valid &= next() == expected;
        at++;
    }

    private int digit() {
        return text[at++] - '0';
    }

    private int next() {
        return at < to ? text[at] : -1;
    }

    private static boolean isDigit(int next) {
        return next >= '0' && next <= '9';
    }
}
