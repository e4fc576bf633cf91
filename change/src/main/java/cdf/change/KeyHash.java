package cdf.change;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.math.BigInteger;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * The 128-bit hash of a row's key. A key is {@link #start()}ed, its columns' values are added in the key's order, then
 * {@link #finish()}. Not thread-safe; without allocations once its buffer has grown.
 *
 * <p>What is hashed is unambiguous for a table: numbers are eight bytes, and everything else follows its own length. So
 * neither the parts of a composite key nor a key and its prefix can be taken for each other.
 *
 * <p>A column's value is added in one way alone, whoever adds it: BOOLEAN (0 or 1), INT, BIGINT, DATE (days), TIMESTAMP
 * (microseconds) and a {@link ColumnType#isLongDecimal() short} DECIMAL (unscaled) as a long; STRING (UTF-8) and BINARY
 * as bytes; a long DECIMAL as its unscaled value.
 *
 * <p>Must never change: the tombstones beside a table hold the hashes of keys.
 */
public final class KeyHash {
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final int SEED = 0;

    private final Murmur3 murmur3 = new Murmur3();
    private byte[] encoded = new byte[128];
    private int length;

    public KeyHash start() {
        length = 0;
        return this;
    }

    public KeyHash add(long value) {
        reserve(Long.BYTES);
        LONG.set(encoded, length, value);
        length += Long.BYTES;
        return this;
    }

    public KeyHash add(byte[] bytes, int offset, int count) {
        reserve(Integer.BYTES + count);
        INT.set(encoded, length, count);
        System.arraycopy(bytes, offset, encoded, length + Integer.BYTES, count);
        length += Integer.BYTES + count;
        return this;
    }

    public KeyHash add(BigInteger unscaled) {
        byte[] bytes = unscaled.toByteArray();
        return add(bytes, 0, bytes.length);
    }

    /** Computes the hash of the values that were added. */
    public KeyHash finish() {
        murmur3.hash(encoded, length, SEED);
        return this;
    }

    /** The hash's upper word. */
    public long high() {
        return murmur3.high();
    }

    /** The hash's lower word. */
    public long low() {
        return murmur3.low();
    }

    private void reserve(int more) {
        int needed = Math.addExact(length, more);
        if (needed > encoded.length) {
            encoded = Arrays.copyOf(encoded, Math.max(needed, 2 * encoded.length));
        }
    }
}
