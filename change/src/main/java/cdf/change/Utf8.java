package cdf.change;

/** UTF-8 as the Unicode Standard has it (table 3-7): no overlong forms, no surrogates, nothing above U+10FFFF. */
final class Utf8 {
    private Utf8() {}

    static boolean isValid(byte[] bytes) {
        int at = 0;
        while (at < bytes.length) {
            at = bytes[at] >= 0 ? at + 1 : next(bytes, at);
            if (at < 0) {
                return false;
            }
        }
        return true;
    }

    /** The position after the character of two bytes or more that starts here; -1 when none does. */
    static int next(byte[] bytes, int at) {
        int first = bytes[at] & 0xFF;
        if (first < 0xC2 || first > 0xF4) {
            return -1;
        }
        int length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
        if (at + length > bytes.length) {
            return -1;
        }
        int second = bytes[at + 1] & 0xFF;
        boolean valid =
                switch (first) {
                    case 0xE0 -> second >= 0xA0 && second <= 0xBF;
                    case 0xED -> second >= 0x80 && second <= 0x9F;
                    case 0xF0 -> second >= 0x90 && second <= 0xBF;
                    case 0xF4 -> second >= 0x80 && second <= 0x8F;
                    default -> second >= 0x80 && second <= 0xBF;
                };
        for (int more = at + 2; more < at + length; more++) {
            valid &= (bytes[more] & 0xC0) == 0x80;
        }
        return valid ? at + length : -1;
    }

    /** Writes a character, or half of a surrogate pair as if it were one; returns the position after it. */
    static int write(int codePoint, byte[] bytes, int at) {
        if (codePoint < 0x80) {
            bytes[at] = (byte) codePoint;
            return at + 1;
        }
        if (codePoint < 0x800) {
            bytes[at] = (byte) (0xC0 | (codePoint >> 6));
            bytes[at + 1] = continuation(codePoint);
            return at + 2;
        }
        if (codePoint < 0x10000) {
            bytes[at] = (byte) (0xE0 | (codePoint >> 12));
            bytes[at + 1] = continuation(codePoint >> 6);
            bytes[at + 2] = continuation(codePoint);
            return at + 3;
        }
        bytes[at] = (byte) (0xF0 | (codePoint >> 18));
        bytes[at + 1] = continuation(codePoint >> 12);
        bytes[at + 2] = continuation(codePoint >> 6);
        bytes[at + 3] = continuation(codePoint);
        return at + 4;
    }

    private static byte continuation(int bits) {
        return (byte) (0x80 | (bits & 0x3F));
    }
}
