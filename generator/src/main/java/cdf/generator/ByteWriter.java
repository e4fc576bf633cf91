package cdf.generator;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.UUID;

/** Writes text into a buffer that is used again and again. Not thread-safe. */
final class ByteWriter {
    private static final int ID_LENGTH = 36;

    private static final int MAX_DIGITS = 20;
    private static final long EACH_BYTE = 0x0101_0101_0101_0101L;
    private static final VarHandle TWO = MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle FOUR = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle EIGHT = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** The two digits of 0 to 99, each as one short. */
    private static final short[] DIGIT_PAIRS = digitPairs();

    private byte[] buffer = new byte[1024];
    private int length;

    private static short[] digitPairs() {
        short[] pairs = new short[100];
        for (int i = 0; i < pairs.length; i++) {
            pairs[i] = (short) ((('0' + i / 10) << 8) | ('0' + i % 10));
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

    ByteWriter write(char ascii) {
        reserve(1);
        buffer[length++] = (byte) ascii;
        return this;
    }

    ByteWriter writeAscii(String text) {
        reserve(text.length());
        for (int i = 0; i < text.length(); i++) {
            buffer[length++] = (byte) text.charAt(i);
        }
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
            TWO.set(buffer, at, DIGIT_PAIRS[(int) (quotient * 100 - rest)]);
            rest = quotient;
        }
        if (rest <= -10) {
            TWO.set(buffer, at - 2, DIGIT_PAIRS[(int) -rest]);
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
        long first = hexDigits(id.getMostSignificantBits() >>> 32);
        long second = hexDigits(id.getMostSignificantBits());
        long third = hexDigits(id.getLeastSignificantBits() >>> 32);
        long fourth = hexDigits(id.getLeastSignificantBits());
        EIGHT.set(buffer, length, first);
        buffer[length + 8] = '-';
        FOUR.set(buffer, length + 9, (int) (second >>> 32));
        buffer[length + 13] = '-';
        FOUR.set(buffer, length + 14, (int) second);
        buffer[length + 18] = '-';
        FOUR.set(buffer, length + 19, (int) (third >>> 32));
        buffer[length + 23] = '-';
        FOUR.set(buffer, length + 24, (int) third);
        EIGHT.set(buffer, length + 28, fourth);
        length += ID_LENGTH;
        return this;
    }

    /** The lower half of a number as eight digits, a byte each: all eight are made at once, without a branch or table. */
    private static long hexDigits(long number) {
        long nibbles = number & 0xffff_ffffL;
        nibbles = (nibbles | nibbles << 16) & 0x0000_ffff_0000_ffffL;
        nibbles = (nibbles | nibbles << 8) & 0x00ff_00ff_00ff_00ffL;
        nibbles = (nibbles | nibbles << 4) & 0x0f0f_0f0f_0f0f_0f0fL;
        long isLetter = (nibbles + 6 * EACH_BYTE) >>> 4 & EACH_BYTE;
        return nibbles + '0' * EACH_BYTE + isLetter * ('a' - '0' - 10);
    }

    private void reserve(int bytes) {
        if (buffer.length - length < bytes) {
            buffer = Arrays.copyOf(buffer, 2 * buffer.length + bytes);
        }
    }
}
