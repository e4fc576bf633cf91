package cdf.change;

import java.util.Arrays;

/** The names that a document's objects have had so far, to find one that comes twice. Not thread-safe. */
final class FieldNames {
    private static final int INITIAL_SLOTS = 256;

    /** More are given back before the next document. */
    private static final int MAX_KEPT_SLOTS = 1 << 14;

    /** A slot's words: the document's number, the object, and the name's hash and range. */
    private static final int WORDS = 5;

    private int[] slots = new int[INITIAL_SLOTS * WORDS];
    private byte[][] texts = new byte[INITIAL_SLOTS][];
    private int document = 1;
    private int count;

    /** Forgets all names: a document starts. */
    void clear() {
        count = 0;
        document++;
        if (document == 0 || texts.length > MAX_KEPT_SLOTS) {
            slots = new int[INITIAL_SLOTS * WORDS];
            texts = new byte[INITIAL_SLOTS][];
            document = 1;
        }
    }

    /**
     * Adds a name, unless the object has it.
     *
     * @param object a number that only this object of the document has
     * @param text the name's bytes, unescaped, which must not change before the document ends
     * @param hash the hash of the name's bytes
     * @return whether the object had no field of that name
     */
    boolean add(int object, byte[] text, int from, int to, int hash) {
        int slot = home(texts.length, object, hash);
        while (slots[slot] == document) {
            if (slots[slot + 1] == object
                    && slots[slot + 2] == hash
                    && Arrays.equals(texts[slot / WORDS], slots[slot + 3], slots[slot + 4], text, from, to)) {
                return false;
            }
            slot = next(slots, slot);
        }
        slots[slot] = document;
        slots[slot + 1] = object;
        slots[slot + 2] = hash;
        slots[slot + 3] = from;
        slots[slot + 4] = to;
        texts[slot / WORDS] = text;
        count++;
        if (count * 2 > texts.length) {
            grow();
        }
        return true;
    }

    private void grow() {
        int[] larger = new int[Math.multiplyExact(slots.length, 2)];
        byte[][] largerTexts = new byte[texts.length * 2][];
        for (int from = 0; from < slots.length; from += WORDS) {
            if (slots[from] == document) {
                int to = home(largerTexts.length, slots[from + 1], slots[from + 2]);
                while (larger[to] == document) {
                    to = next(larger, to);
                }
                System.arraycopy(slots, from, larger, to, WORDS);
                largerTexts[to / WORDS] = texts[from / WORDS];
            }
        }
        slots = larger;
        texts = largerTexts;
    }

    /** The slot, one of a power of two, where the search for a name begins. */
    private static int home(int count, int object, int hash) {
        int mixed = (hash ^ object) * 0x9E3779B1;
        return ((mixed >>> 8) & (count - 1)) * WORDS;
    }

    private static int next(int[] slots, int slot) {
        int next = slot + WORDS;
        return next == slots.length ? 0 : next;
    }
}
