package cdf.change;

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

    private final byte[][] names;

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
        }
    }

    /** Says that an object starts. */
    void start() {
        previous = 0;
    }

    /** The name that stands between a position and a quote, if it is the expected one; else {@link #UNKNOWN}. */
    int expectedAt(byte[] bytes, int from) {
        if (names.length == 0) {
            return UNKNOWN;
        }
        int index = successors[previous];
        byte[] name = names[index];
        int to = from + name.length;
        if (to >= bytes.length || bytes[to] != '"' || !Arrays.equals(name, 0, name.length, bytes, from, to)) {
            return UNKNOWN;
        }
        previous = index + 1;
        return index;
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
        int hash = 0;
        for (int at = from; at < to; at++) {
            hash = (hash + bytes[at]) * 0x9E3779B1;
        }
        return hash ^ (hash >>> 15);
    }
}
