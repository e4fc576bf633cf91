package cdf.generator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/** Writes text into a buffer that is used again and again. Not thread-safe. */
final class ByteWriter {
    static final int ID_LENGTH = 36;

    private static final int MAX_DIGITS = 20;
    private static final VarHandle PAIR = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);
    private static final short[] HEX_PAIRS = pairs("0123456789abcdef");
    private static final short[] DECIMAL_PAIRS = pairs("0123456789");

    private byte[] buffer = new byte[1024];
    private int length;

    /** Every two digits one after another, as one short each. */
    private static short[] pairs(String digits) {
        byte[] letters = digits.getBytes(StandardCharsets.US_ASCII);
        short[] pairs = new short[letters.length * letters.length];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = (short) (letters[i / letters.length] | letters[i % letters.length] << 8);
        }
        return pairs;
    }

    /** The number of bytes written. */
    int length() {
        return length;
    }

    /** Forgets all but the first bytes. */
    ByteWriter rewind(int newLength) {
        length = newLength;
        return this;
    }

    byte[] toByteArray() {
        return Arrays.copyOf(buffer, length);
    }

    ByteWriter write(byte[] bytes) {
        reserve(bytes.length);
        System.arraycopy(bytes, 0, buffer, length, bytes.length);
        length += bytes.length;
        return this;
    }

    /** Writes a number in decimal. */
    ByteWriter write(long number) {
        reserve(MAX_DIGITS);
        int end = length + decimalLength(number);
        int at = end;
        long rest = number < 0 ? number : -number; // the negative half holds one number more
        while (rest <= -100) {
            long quotient = rest / 100;
            at -= 2;
            PAIR.set(buffer, at, DECIMAL_PAIRS[(int) (quotient * 100 - rest)]);
            rest = quotient;
        }
        if (rest <= -10) {
            PAIR.set(buffer, at - 2, DECIMAL_PAIRS[(int) -rest]);
        } else {
            buffer[at - 1] = (byte) ('0' - rest);
        }
        if (number < 0) {
            buffer[length] = '-';
        }
        length = end;
        return this;
    }

    private static int decimalLength(long number) {
        int sign = number < 0 ? 1 : 0;
        long rest = number < 0 ? number : -number;
        long power = -10;
        for (int digits = 1; digits < 19; digits++) {
            if (rest > power) {
                return digits + sign;
            }
            power *= 10;
        }
        return 19 + sign;
    }

    /** Writes an id as 36 characters of hexadecimal digits, lower-case, and hyphens. */
    ByteWriter write(UUID id) {
        reserve(ID_LENGTH);
        long upper = id.getMostSignificantBits();
        long lower = id.getLeastSignificantBits();
        writeHex(upper >>> 32, 4);
        writeHyphen();
        writeHex(upper >>> 16, 2);
        writeHyphen();
        writeHex(upper, 2);
        writeHyphen();
        writeHex(lower >>> 48, 2);
        writeHyphen();
        writeHex(lower, 6);
        return this;
    }

    private void writeHex(long number, int bytes) {
        for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8) {
            PAIR.set(buffer, length, HEX_PAIRS[(int) (number >>> shift) & 0xff]);
            length += 2;
        }
    }

    private void writeHyphen() {
        buffer[length++] = '-';
    }

    private void reserve(int bytes) {
        if (buffer.length - length < bytes) {
            buffer = Arrays.copyOf(buffer, 2 * buffer.length + bytes);
        }
    }
}
