package cdf.change;

/** Memory for the bytes that decoding makes, valid until the next event. Not thread-safe. */
final class Scratch {
    private static final int INITIAL_BYTES = 4 * 1024;
    private static final int MAX_KEPT_BYTES = 1024 * 1024;

    private byte[] bytes = new byte[INITIAL_BYTES];
    private int used;

    void clear() {
        used = 0;
        if (bytes.length > MAX_KEPT_BYTES) {
            bytes = new byte[INITIAL_BYTES];
        }
    }

    /** Makes room in {@link #bytes()}; earlier bytes stay where they are, if in an array that is no longer this one. */
    int reserve(int count) {
        if (bytes.length - used < count) {
            bytes = new byte[Math.max(count, 2 * bytes.length)];
            used = 0;
        }
        int offset = used;
        used += count;
        return offset;
    }

    byte[] bytes() {
        return bytes;
    }
}
