package cdf.change;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Base64 as RFC 4648, section 4, writes it: padded, without line breaks, no bit set that is not used. */
final class Base64Text {
    private static final byte[] DIGITS = new byte[256];

    static {
        byte[] alphabet =
                "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".getBytes(StandardCharsets.US_ASCII);
        Arrays.fill(DIGITS, (byte) -1);
        for (int digit = 0; digit < alphabet.length; digit++) {
            DIGITS[alphabet[digit]] = (byte) digit;
        }
    }

    private Base64Text() {}

    /** How many bytes a text stands for, if it is base64; at any rate room enough to {@link #decode} it. */
    static int length(byte[] text, int from, int to) {
        return Math.max(0, (to - from) / 4 * 3 - padding(text, from, to));
    }

    /** Writes the bytes that a text stands for; whether it is base64. */
    static boolean decode(byte[] text, int from, int to, byte[] target, int offset) {
        if ((to - from) % 4 != 0) {
            return false;
        }
        int digitsTo = to - padding(text, from, to);
        int bits = 0;
        int held = 0;
        int invalid = 0;
        int next = offset;
        for (int at = from; at < digitsTo; at++) {
            int digit = DIGITS[text[at] & 0xFF];
            invalid |= digit;
            held = (held << 6) | digit;
            bits += 6;
            if (bits >= Byte.SIZE) {
                bits -= Byte.SIZE;
                target[next++] = (byte) (held >>> bits);
            }
        }
        return invalid >= 0 && (held & ((1 << bits) - 1)) == 0;
    }

    private static int padding(byte[] text, int from, int to) {
        if (to == from || text[to - 1] != '=') {
            return 0;
        }
        return to - from > 1 && text[to - 2] == '=' ? 2 : 1;
    }
}
