package cdf.change;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Finds known field names by their bytes. Events list their fields in the same order again and again, so the first guess
 * is the name that came after the previous one the last time. Not thread-safe.
 */
final class KnownNames {
    static final int UNKNOWN = -1;

    private static final int FREE = -1;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

    private final byte[][] names;

    /** The first eight bytes of a name with the quote after it, as a word whose other bytes are zero, and their mask. */
    private final long[] words;

    private final long[] masks;

    /** Hash table with linear probing: the index of a name, or {@link #FREE}. */
    private final int[] slots;

    /** By the index of a name plus one, 0 for the start of an object: the index of the name that came next. */
    private final int[] successors;

    private int previous;

    /** @param names none of them twice, and without characters that JSON escapes */
    KnownNames(List<String> names) {
        this.names = names.stream()
                .map(name -> name.getBytes(StandardCharsets.UTF_8))
                .toArray(byte[][]::new);
        words = new long[names.size()];
        masks = new long[names.size()];
        slots = new int[Integer.highestOneBit(Math.max(1, names.size())) * 4];
        Arrays.fill(slots, FREE);
        successors = new int[names.size() + 1];
        for (int index = 0; index < this.names.length; index++) {
            byte[] name = this.names[index];
            int slot = hash(name, 0, name.length) & (slots.length - 1);
            while (slots[slot] != FREE) {
                slot = (slot + 1) & (slots.length - 1);
            }
            slots[slot] = index;
            successors[index] = index;
            byte[] quoted = Arrays.copyOf(name, Math.max(name.length + 1, Long.BYTES));
            quoted[name.length] = '"';
            words[index] = (long) WORD.get(quoted, 0);
            masks[index] = -1L >>> (Math.max(0, Long.BYTES - name.length - 1) * Byte.SIZE);
        }
    }

    /** Says that an object starts. */
    void start() {
        previous = 0;
    }

    /** The expected name, if it stands between a position and a quote; else, or if the event is about to end, UNKNOWN. */
    int expectedAt(byte[] bytes, int from) {
        int index = successors[previous];
        if (from > bytes.length - Long.BYTES || ((long) WORD.get(bytes, from) & masks[index]) != words[index]) {
            return UNKNOWN;
        }
        byte[] name = names[index];
        if (name.length >= Long.BYTES && !isRestAt(bytes, from, name)) {
            return UNKNOWN;
        }
        previous = index + 1;
        return index;
    }

    private static boolean isRestAt(byte[] bytes, int from, byte[] name) {
        int to = from + name.length;
        return to < bytes.length
                && bytes[to] == '"'
                && Arrays.equals(name, Long.BYTES, name.length, bytes, from + Long.BYTES, to);
    }

    /** The index of the name that the bytes are, or {@link #UNKNOWN}. */
    int find(byte[] bytes, int from, int to, int hash) {
        int slot = hash & (slots.length - 1);
        while (slots[slot] != FREE) {
            byte[] name = names[slots[slot]];
            if (Arrays.equals(name, 0, name.length, bytes, from, to)) {
                successors[previous] = slots[slot];
                previous = slots[slot] + 1;
                return slots[slot];
            }
            slot = (slot + 1) & (slots.length - 1);
        }
        return UNKNOWN;
    }

    int length(int index) {
        return names[index].length;
    }

    /** The hash that {@link #find} wants. */
    static int hash(byte[] bytes, int from, int to) {
        long hash = 0;
        int at = from;
        for (; at <= to - Long.BYTES; at += Long.BYTES) {
            hash = mix(hash ^ (long) WORD.get(bytes, at));
        }
        return (int) (mix(hash ^ rest(bytes, at, to)) >>> Integer.SIZE);
    }

    private static long mix(long word) {
        long product = word * 0x9E3779B97F4A7C15L;
        return product ^ (product >>> Integer.SIZE);
    }

    /** Fewer than eight bytes as a word. */
    private static long rest(byte[] bytes, int from, int to) {
        if (from == to) {
            return 0;
        }
        if (from <= bytes.length - Long.BYTES) {
            return (long) WORD.get(bytes, from) & (-1L >>> ((Long.BYTES - (to - from)) * Byte.SIZE));
        }
        long word = 0;
        for (int at = to - 1; at >= from; at--) {
            word = (word << Byte.SIZE) | (bytes[at] & 0xFF);
        }
        return word;
    }
}
