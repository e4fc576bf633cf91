package cdf.lake;

import java.util.Arrays;
import java.util.function.LongPredicate;

/**
 * Where every row of the table lies: the 128-bit hash of its key → its location, a number from 0 up. The sequence of a
 * key's newest change is such a number, too, and is kept in an index of its own. Not thread-safe.
 *
 * <p>At most 40 bytes a row from 100,000 well-mixed keys up, while it grows and after removals too. That rules out one
 * big table that doubles: the upper word of the hash chooses one of many segments, and each resizes alone, by a third
 * or less, which takes little time and little memory beside the rest. The segments start at different capacities, so
 * that they do not all resize at the same number of rows.
 *
 * <p>A segment is a hash table with linear probing: a row lies at its home slot or, with no free slot between, after
 * it. A removal moves rows back to keep it so, and leaves no tombstone.
 */
final class KeyIndex {
    /** In place of the location of a key that is not there. */
    static final long ABSENT = -1;

    private static final int SEGMENT_BITS = 11;
    private static final int SEGMENTS = 1 << SEGMENT_BITS;
    private static final int MIN_CAPACITY = 32;

    /** A slot's words: the hash's upper and lower word, and the complement of the location: 0 where the slot is free. */
    private static final int SLOT_WORDS = 3;

    /** A segment grows by a third rather than exceed this load, so to a load of 63% or a little more. */
    private static final int MAX_LOAD_PERCENT = 84;

    /** A segment shrinks by a fifth below this load, at which a slot's 24 bytes are 38.7 bytes a row. */
    private static final int MIN_LOAD_PERCENT = 62;

    /** How many keys' slots to {@link #fetch} ahead: enough to keep the memory busy. */
    static final int FETCHED_AHEAD = 64;

    private static final int ARRAY_HEADER_BYTES = 16;

    private final long[][] segments = new long[SEGMENTS][];
    private final int[] segmentRows = new int[SEGMENTS];
    private long size;

    /** What {@link #fetch} read: without a use, the compiler would leave the reading out. */
    @SuppressWarnings("UnusedVariable")
    private long fetched;

    KeyIndex() {
        clear();
    }

    long size() {
        return size;
    }

    /** The location of a key's row, or {@link #ABSENT}. */
    long get(long high, long low) {
        long[] slots = segments[segmentOf(high)];
        int slot = find(slots, high, low);
        return slot < 0 ? ABSENT : ~slots[slot + 2];
    }

    /**
     * Brings the slots of the next {@link #FETCHED_AHEAD} keys into the processor's cache, for they will be asked for: the
     * waits for memory, which are most of the time that a key takes, then overlap.
     */
    void fetch(ChangedKeys keys, int from) {
        int to = Math.min(from + FETCHED_AHEAD, keys.size());
        long words = 0;
        for (int key = from; key < to; key++) {
            long[] slots = segments[segmentOf(keys.high(key))];
            words ^= slots[home(slots, keys.low(key))];
        }
        fetched = words;
    }

    /** Sets the location of a key's row and returns the previous one, or {@link #ABSENT}. */
    long put(long high, long low, long location) {
        if (location < 0) {
            throw new IllegalStateException("a row cannot lie at " + location);
        }
        int segment = segmentOf(high);
        long[] slots = segments[segment];
        int slot = find(slots, high, low);
        if (slot >= 0) {
            long previous = ~slots[slot + 2];
            slots[slot + 2] = ~location;
            return previous;
        }
        int capacity = capacity(slots);
        if ((segmentRows[segment] + 1) * 100L > (long) capacity * MAX_LOAD_PERCENT) {
            slots = resize(segment, grown(capacity));
            slot = find(slots, high, low);
        }
        set(slots, ~slot, high, low, ~location);
        segmentRows[segment]++;
        size++;
        return ABSENT;
    }

    /** Removes a key and returns its previous location, or {@link #ABSENT}. */
    long remove(long high, long low) {
        int segment = segmentOf(high);
        long[] slots = segments[segment];
        int slot = find(slots, high, low);
        if (slot < 0) {
            return ABSENT;
        }
        long previous = ~slots[slot + 2];
        removeAt(segment, slot);
        shrinkIfSparse(segment);
        return previous;
    }

    /** Removes the rows whose location matches and returns how many they were. Visits every row once. */
    long removeIf(LongPredicate location) {
        long sizeBefore = size;
        for (int segment = 0; segment < SEGMENTS; segment++) {
            long[] slots = segments[segment];
            // All the way round from a free slot: a removal then moves only rows that are still to be visited.
            int start = freeSlotFrom(slots, 0);
            int slot = next(slots, start);
            while (slot != start) {
                if (slots[slot + 2] != 0 && location.test(~slots[slot + 2])) {
                    removeAt(segment, slot);
                } else {
                    slot = next(slots, slot);
                }
            }
            shrinkIfSparse(segment);
        }
        return sizeBefore - size;
    }

    /** Removes all rows and gives their memory back. */
    void clear() {
        for (int segment = 0; segment < SEGMENTS; segment++) {
            segments[segment] = new long[minCapacity(segment) * SLOT_WORDS];
        }
        Arrays.fill(segmentRows, 0);
        size = 0;
    }

    /** The size of the arrays, their headers included and references counted at eight bytes. */
    long memoryBytes() {
        long bytes = 2 * ARRAY_HEADER_BYTES + (long) SEGMENTS * (Long.BYTES + Integer.BYTES);
        for (long[] slots : segments) {
            bytes += ARRAY_HEADER_BYTES + (long) slots.length * Long.BYTES;
        }
        return bytes;
    }

    /** The slot that holds the key, or the complement of the free slot where it belongs. */
    private static int find(long[] slots, long high, long low) {
        int slot = home(slots, low);
        while (slots[slot + 2] != 0) {
            if (slots[slot + 1] == low && slots[slot] == high) {
                return slot;
            }
            slot = next(slots, slot);
        }
        return ~slot;
    }

    /** Frees a slot; rows after it move back into the gap, unless that would put them before their homes. */
    private void removeAt(int segment, int slot) {
        long[] slots = segments[segment];
        int free = slot;
        for (int row = next(slots, free); slots[row + 2] != 0; row = next(slots, row)) {
            if (distance(slots, home(slots, slots[row + 1]), row) >= distance(slots, free, row)) {
                set(slots, free, slots[row], slots[row + 1], slots[row + 2]);
                free = row;
            }
        }
        set(slots, free, 0, 0, 0);
        segmentRows[segment]--;
        size--;
    }

    /** Shrinks to a load well below the limit, so that a few puts do not at once make it grow again. */
    private void shrinkIfSparse(int segment) {
        int capacity = capacity(segments[segment]);
        int shrunk = capacity;
        while (segmentRows[segment] * 100L < (long) shrunk * MIN_LOAD_PERCENT && shrunk > minCapacity(segment)) {
            shrunk = Math.max(shrunk - shrunk / 5, minCapacity(segment));
        }
        if (shrunk < capacity) {
            resize(segment, shrunk);
        }
    }

    private long[] resize(int segment, int capacity) {
        long[] from = segments[segment];
        long[] to = new long[Math.multiplyExact(capacity, SLOT_WORDS)];
        for (int slot = 0; slot < from.length; slot += SLOT_WORDS) {
            if (from[slot + 2] != 0) {
                set(to, freeSlotFrom(to, home(to, from[slot + 1])), from[slot], from[slot + 1], from[slot + 2]);
            }
        }
        segments[segment] = to;
        return to;
    }

    private static void set(long[] slots, int slot, long high, long low, long complement) {
        slots[slot] = high;
        slots[slot + 1] = low;
        slots[slot + 2] = complement;
    }

    private static int segmentOf(long high) {
        return (int) (high >>> (Long.SIZE - SEGMENT_BITS));
    }

    /** The slot where the search for a key begins: the lower word's first 32 bits, scaled to the capacity. */
    private static int home(long[] slots, long low) {
        return (int) (((low >>> Integer.SIZE) * capacity(slots)) >>> Integer.SIZE) * SLOT_WORDS;
    }

    /** How far a slot lies after another one, going round at the end. */
    private static int distance(long[] slots, int from, int to) {
        return to < from ? to - from + slots.length : to - from;
    }

    private static int next(long[] slots, int slot) {
        int next = slot + SLOT_WORDS;
        return next == slots.length ? 0 : next;
    }

    /** The first free slot from a slot on; the limit of the load sees to it that there is one. */
    private static int freeSlotFrom(long[] slots, int slot) {
        while (slots[slot + 2] != 0) {
            slot = next(slots, slot);
        }
        return slot;
    }

    private static int capacity(long[] slots) {
        return slots.length / SLOT_WORDS;
    }

    private static int grown(int capacity) {
        return capacity + capacity / 3;
    }

    /** From the minimum up to just below the capacity that it grows to, evenly over the segments. */
    private static int minCapacity(int segment) {
        return MIN_CAPACITY + segment * (grown(MIN_CAPACITY) - MIN_CAPACITY) / SEGMENTS;
    }
}
