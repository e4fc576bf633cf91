package cdf.change;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * MurmurHash3_x64_128 (Austin Appleby's SMHasher, public domain): well mixed and fast, but not proof against somebody who
 * looks for collisions. Holds the last hash; not thread-safe.
 */
final class Murmur3 {
    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long C1 = 0x87c37b91114253d5L;
    private static final long C2 = 0x4cf5ad432745937fL;
    private static final int BLOCK_BYTES = 16;

    private long high;
    private long low;

    void hash(byte[] bytes, int length, int seed) {
        long h1 = Integer.toUnsignedLong(seed);
        long h2 = h1;
        int at = 0;
        for (; at <= length - BLOCK_BYTES; at += BLOCK_BYTES) {
            h1 ^= mix1((long) WORD.get(bytes, at));
            h1 = (Long.rotateLeft(h1, 27) + h2) * 5 + 0x52dce729;
            h2 ^= mix2((long) WORD.get(bytes, at + Long.BYTES));
            h2 = (Long.rotateLeft(h2, 31) + h1) * 5 + 0x38495ab5;
        }
        h1 ^= mix1(rest(bytes, at, Math.min(length, at + Long.BYTES)));
        h2 ^= mix2(rest(bytes, at + Long.BYTES, length));
        h1 ^= length;
        h2 ^= length;
        h1 += h2;
        h2 += h1;
        h1 = finish(h1);
        h2 = finish(h2);
        high = h1 + h2;
        low = h2 + high;
    }

    /** The first word of the last hash. */
    long high() {
        return high;
    }

    /** The second word of the last hash. */
    long low() {
        return low;
    }

    private static long mix1(long word) {
        return Long.rotateLeft(word * C1, 31) * C2;
    }

    private static long mix2(long word) {
        return Long.rotateLeft(word * C2, 33) * C1;
    }

    private static long finish(long word) {
        long mixed = (word ^ (word >>> 33)) * 0xff51afd7ed558ccdL;
        mixed = (mixed ^ (mixed >>> 33)) * 0xc4ceb9fe1a85ec53L;
        return mixed ^ (mixed >>> 33);
    }

    /** Fewer than nine bytes, or none, as one word; to mix a word of none changes nothing. */
    private static long rest(byte[] bytes, int from, int to) {
        long word = 0;
        for (int at = to - 1; at >= from; at--) {
            word = (word << Byte.SIZE) | (bytes[at] & 0xFF);
        }
        return word;
    }
}
