package cdf.generator;

import java.util.Arrays;

/**
 * The rows that live, in slots 0 to {@code size() - 1}: a random row is a random slot.
 *
 * <p>A row is two longs: its number with the index of its name below it, and its balance. They lie side by side, so that
 * a random row is one cache miss, and in pages, so that growing copies no rows and needs no second array. Not
 * thread-safe.
 */
final class LiveRows {
    private static final int NAME_BITS = 12;
    private static final int NAME_MASK = (1 << NAME_BITS) - 1;
    private static final long MAX_NUMBER = -1L >>> NAME_BITS;

    private static final int PAGE_BITS = 10;
    private static final int PAGE_ROWS = 1 << PAGE_BITS;

    private long[][] pages = new long[1][];
    private int size;

    int size() {
        return size;
    }

    long number(int slot) {
        return page(slot)[offset(slot)] >>> NAME_BITS;
    }

    int name(int slot) {
        return (int) page(slot)[offset(slot)] & NAME_MASK;
    }

    long balance(int slot) {
        return page(slot)[offset(slot) + 1];
    }

    /** Adds a row in the next slot. */
    void add(long number, int name, long balance) {
        if (number < 0 || number > MAX_NUMBER) {
            throw new IllegalStateException("row number " + number + " is not from 0 to " + MAX_NUMBER);
        }
        int page = size >>> PAGE_BITS;
        if (page == pages.length) {
            pages = Arrays.copyOf(pages, 2 * page);
        }
        if (pages[page] == null) {
            pages[page] = new long[2 * PAGE_ROWS];
        }
        size++;
        set(size - 1, number, name, balance);
    }

    void set(int slot, long number, int name, long balance) {
        if (name < 0 || name > NAME_MASK) {
            throw new IllegalStateException("name " + name + " is not from 0 to " + NAME_MASK);
        }
        long[] page = page(slot);
        page[offset(slot)] = number << NAME_BITS | name;
        page[offset(slot) + 1] = balance;
    }

    /** Removes the row of a slot; the row of the last slot takes its place. */
    void remove(int slot) {
        int last = size - 1;
        long[] page = page(slot);
        page[offset(slot)] = page(last)[offset(last)];
        page[offset(slot) + 1] = page(last)[offset(last) + 1];
        size = last;
    }

    private long[] page(int slot) {
        return pages[slot >>> PAGE_BITS];
    }

    private static int offset(int slot) {
        return 2 * (slot & (PAGE_ROWS - 1));
    }
}
