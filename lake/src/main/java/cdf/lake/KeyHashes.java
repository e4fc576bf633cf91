package cdf.lake;

import java.io.Serializable;
import java.util.Arrays;

/** The hashes of the keys of some rows, in the order of the rows; grows. Not thread-safe. */
final class KeyHashes implements Serializable {
    private static final long serialVersionUID = 1L;
    private static final int FIRST_CAPACITY = 1 << 10;

    /** Of each key its hash, high and low. */
    private long[] words = new long[2 * FIRST_CAPACITY];

    private int size;

    void add(long high, long low) {
        if (2 * size == words.length) {
            words = Arrays.copyOf(words, 2 * words.length);
        }
        words[2 * size] = high;
        words[2 * size + 1] = low;
        size++;
    }

    int size() {
        return size;
    }

    long high(int key) {
        return words[2 * key];
    }

    long low(int key) {
        return words[2 * key + 1];
    }
}
