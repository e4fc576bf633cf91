package cdf.change;

import java.util.Arrays;

/**
 * The names that a document's objects have had so far, to find one that comes twice: a hash table with linear probing.
 * Not thread-safe.
 */
final class FieldNames {
    private static final int INITIAL_SLOTS = 256;

    /** More are given back before the next document. */
    private static final int MAX_KEPT_SLOTS = 1 << 14;

    /** A slot's words: the number of the document that filled it, the object, and the name's hash and range. */
    private static final int WORDS = 5;

    private static final byte[] NO_COPIES = {};

    private int[] slots = new int[INITIAL_SLOTS * WORDS];
    private int capacity = INITIAL_SLOTS;
    private int count;

    /** The text of the document, and the names that do not stand in it as they are; their ranges are complements. */
    private byte[] text = {};

    private byte[] copies = NO_COPIES;
    private int copied;
    private int document = 1;

    /** Forgets all names: a document starts. */
    void start(byte[] documentText) {
        text = documentText;
        count = 0;
        copied = 0;
        document++;
        if (document == 0 || capacity > MAX_KEPT_SLOTS) {
            capacity = INITIAL_SLOTS;
            slots = new int[INITIAL_SLOTS * WORDS];
            copies = NO_COPIES;
            document = 1;
        }
    }

    /**
     * Adds a name, unless the object has it.
     *
     * @param object a number that only this object of the document has
     * @param in where the name stands without escapes: the document's text, or elsewhere for as long as the call takes
     * @param hash the hash of the name's bytes
     * @return whether the object had no field of that name
     */
    boolean add(int object, byte[] in, int from, int to, int hash) {
        int slot = home(object, hash);
        while (slots[slot] == document) {
            if (slots[slot + 1] == object && slots[slot + 2] == hash && isAt(slot, in, from, to)) {
                return false;
            }
            slot = next(slot);
        }
        slots[slot] = document;
        slots[slot + 1] = object;
        slots[slot + 2] = hash;
        slots[slot + 3] = in == text ? from : ~copy(in, from, to);
        slots[slot + 4] = to - from;
        count++;
        if (count > capacity / 2) {
            grow();
        }
        return true;
    }

    private boolean isAt(int slot, byte[] in, int from, int to) {
        int start = slots[slot + 3];
        int length = slots[slot + 4];
        return start >= 0
                ? Arrays.equals(text, start, start + length, in, from, to)
                : Arrays.equals(copies, ~start, ~start + length, in, from, to);
    }

    private int copy(byte[] in, int from, int to) {
        int offset = copied;
        copied += to - from;
        if (copied > copies.length) {
            copies = Arrays.copyOf(copies, 2 * copied);
        }
        System.arraycopy(in, from, copies, offset, to - from);
        return offset;
    }

    private void grow() {
        int[] old = slots;
        capacity *= 2;
        slots = new int[Math.multiplyExact(capacity, WORDS)];
        for (int from = 0; from < old.length; from += WORDS) {
            if (old[from] == document) {
                int to = home(old[from + 1], old[from + 2]);
                while (slots[to] == document) {
                    to = next(to);
                }
                System.arraycopy(old, from, slots, to, WORDS);
            }
        }
    }

    /** The slot where the search for a name begins. */
    private int home(int object, int hash) {
        int mixed = (hash ^ object) * 0x9E3779B1;
        return (mixed >>> Integer.numberOfLeadingZeros(capacity - 1)) * WORDS;
    }

    private int next(int slot) {
        int next = slot + WORDS;
        return next == slots.length ? 0 : next;
    }
}
