package cdf.lake;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.unsafe.Platform;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.BiConsumer;

/**
 * The last change of each key in one part of a micro-batch, in the order in which the keys first appeared. The last is the
 * one that comes last or, if changes have a sequence, the first of those with the highest number. Rows are kept
 * as bytes in large pages, so that a batch of a million rows is a few dozen objects for the garbage collector.
 *
 * <p>Not thread-safe.
 */
final class LatestChanges {
    private static final int FIRST_PAGE_BYTES = 64 << 10;
    private static final int LARGEST_PAGE_BYTES = 4 << 20;
    private static final int FIRST_CAPACITY = 1 << 10;
    private static final long DELETED = -1;

    /** The number of no entry. */
    static final int NONE = -1;

    /** Where each key's entry is: its number plus one, 0 for a free slot. Open addressing, at most half full. */
    private int[] slots = new int[2 * FIRST_CAPACITY];

    /** Of each entry the key's hash, high and low. */
    private long[] keys = new long[2 * FIRST_CAPACITY];

    private int[] partitions = new int[FIRST_CAPACITY];
    /** Of each entry the page and the place in it, or {@link #DELETED}. */
    private long[] rowPlaces = new long[FIRST_CAPACITY];

    private int[] rowLengths = new int[FIRST_CAPACITY];

    /** Of each entry the number of its change; empty if changes have none. */
    private long[] sequences;

    private final boolean sequenced;

    /** Of each entry whose row depends on the table's the columns that it lacks, perhaps none. */
    private final Map<Integer, BitSet> missing = new HashMap<>();

    private boolean truncated;
    private int size;
    private long superseded;

    private byte[][] pages = new byte[0][];
    private int pageCount;
    private int pageFilled;

    /** @param sequenced whether changes are ordered by their numbers */
    LatestChanges(boolean sequenced) {
        this.sequenced = sequenced;
        sequences = new long[sequenced ? FIRST_CAPACITY : 0];
    }

    /**
     * Whether a change comes too late: the key has one with a number as high or higher. Then the late one is superseded, and
     * must not be put.
     */
    boolean isLate(long high, long low, long sequence) {
        int entry = slots[find(high, low)] - 1;
        if (entry < 0 || sequence > sequences[entry]) {
            return false;
        }
        superseded++;
        return true;
    }

    /** A row was written. Returns the partition of the key's earlier change: if it is another, nothing is taken. */
    int upsert(long high, long low, int partition, long sequence, UnsafeRow row) {
        return put(high, low, partition, sequence, store(row), row.getSizeInBytes());
    }

    /**
     * A row was written that depends on the one that the table has. Returns the partition of the key's earlier change: if it
     * is another, nothing is taken.
     *
     * @param lacking the columns that it does not have
     */
    int upsertPartial(long high, long low, int partition, long sequence, UnsafeRow row, BitSet lacking) {
        int origin = upsert(high, low, partition, sequence, row);
        if (origin == partition) {
            missing.put(entryOf(high, low), lacking);
        }
        return origin;
    }

    /** The number of a key's entry, {@link #NONE} if it has none. */
    int entryOf(long high, long low) {
        return slots[find(high, low)] - 1;
    }

    boolean isDeleted(int entry) {
        return rowPlaces[entry] == DELETED;
    }

    /** The number of an entry's change, if changes have one. */
    long sequence(int entry) {
        return sequences[entry];
    }

    /** Points to the row of an entry that is not deleted. */
    void pointTo(int entry, UnsafeRow row) {
        long place = rowPlaces[entry];
        row.pointTo(
                pages[(int) (place >>> 32)], Platform.BYTE_ARRAY_OFFSET + (place & 0xFFFF_FFFFL), rowLengths[entry]);
    }

    /** The columns that an entry's row lacks, perhaps none; null if it does not depend on the table's row. */
    @Nullable
    BitSet missing(int entry) {
        return missing.get(entry);
    }

    /** The entries whose rows lack columns, in their order. */
    void forEachIncomplete(BiConsumer<Integer, BitSet> consumer) {
        missing.entrySet().stream()
                .filter(entry -> !entry.getValue().isEmpty())
                .sorted(Map.Entry.comparingByKey())
                .forEach(entry -> consumer.accept(entry.getKey(), entry.getValue()));
    }

    /** Whether the table has no rows but those here: it was truncated. */
    boolean truncated() {
        return truncated;
    }

    /** A row was deleted. Returns the partition of the key's earlier change: if it is another, nothing is taken. */
    int delete(long high, long low, int partition, long sequence) {
        return put(high, low, partition, sequence, DELETED, 0);
    }

    /** All rows were deleted: every change so far is superseded. */
    void truncate() {
        superseded += size;
        truncated = true;
        missing.clear();
        size = 0;
        pageCount = 0;
        Arrays.fill(slots, 0);
    }

    /** The number of keys. */
    int size() {
        return size;
    }

    /** The changes that a later one of the same key, or a truncation, made void. */
    long superseded() {
        return superseded;
    }

    /** The keys, with where they came from and whether they are deleted. */
    ChangedKeys changedKeys() {
        short[] origins = new short[size];
        boolean[] deleted = new boolean[size];
        for (int entry = 0; entry < size; entry++) {
            origins[entry] = (short) partitions[entry];
            deleted[entry] = rowPlaces[entry] == DELETED;
        }
        return new ChangedKeys(
                Arrays.copyOf(keys, 2 * size),
                origins,
                deleted,
                sequenced ? Arrays.copyOf(sequences, size) : sequences);
    }

    /** The rows of the keys that are not deleted; each is valid until the next. */
    Iterator<InternalRow> rows(int columns) {
        UnsafeRow row = new UnsafeRow(columns);
        return new Iterator<>() {
            private int entry = nextRow(0);

            @Override
            public boolean hasNext() {
                return entry < size;
            }

            @Override
            public InternalRow next() {
                if (entry >= size) {
                    throw new NoSuchElementException();
                }
                pointTo(entry, row);
                entry = nextRow(entry + 1);
                return row;
            }
        };
    }

    private int nextRow(int from) {
        int entry = from;
        while (entry < size && rowPlaces[entry] == DELETED) {
            entry++;
        }
        return entry;
    }

    private int put(long high, long low, int partition, long sequence, long rowPlace, int rowLength) {
        int slot = find(high, low);
        int entry = slots[slot] - 1;
        if (entry < 0) {
            if (size == partitions.length) {
                grow();
                slot = find(high, low);
            }
            entry = size++;
            slots[slot] = size;
            keys[2 * entry] = high;
            keys[2 * entry + 1] = low;
            partitions[entry] = partition;
        } else if (partitions[entry] != partition) {
            return partitions[entry];
        } else {
            superseded++;
            if (!missing.isEmpty()) {
                missing.remove(entry);
            }
        }
        rowPlaces[entry] = rowPlace;
        rowLengths[entry] = rowLength;
        if (sequenced) {
            sequences[entry] = sequence;
        }
        return partition;
    }

    private int find(long high, long low) {
        int mask = slots.length - 1;
        int slot = (int) (low ^ high) & mask;
        while (slots[slot] != 0) {
            int entry = slots[slot] - 1;
            if (keys[2 * entry] == high && keys[2 * entry + 1] == low) {
                return slot;
            }
            slot = (slot + 1) & mask;
        }
        return slot;
    }

    private void grow() {
        int capacity = 2 * partitions.length;
        keys = Arrays.copyOf(keys, 2 * capacity);
        partitions = Arrays.copyOf(partitions, capacity);
        rowPlaces = Arrays.copyOf(rowPlaces, capacity);
        rowLengths = Arrays.copyOf(rowLengths, capacity);
        if (sequenced) {
            sequences = Arrays.copyOf(sequences, capacity);
        }
        slots = new int[2 * capacity];
        for (int entry = 0; entry < size; entry++) {
            slots[find(keys[2 * entry], keys[2 * entry + 1])] = entry + 1;
        }
    }

    private long store(UnsafeRow row) {
        int length = row.getSizeInBytes();
        if (pageCount == 0 || length > pages[pageCount - 1].length - pageFilled) {
            addPage(length);
        }
        byte[] page = pages[pageCount - 1];
        Platform.copyMemory(
                row.getBaseObject(), row.getBaseOffset(), page, Platform.BYTE_ARRAY_OFFSET + pageFilled, length);
        long place = (long) (pageCount - 1) << 32 | pageFilled;
        pageFilled += length;
        return place;
    }

    /** Adds a page that has room for so many bytes; it is twice as large as the one before, up to the largest. */
    private void addPage(int bytes) {
        if (pageCount == pages.length) {
            pages = Arrays.copyOf(pages, Math.max(8, 2 * pages.length));
        }
        int usual = pageCount == 0
                ? FIRST_PAGE_BYTES
                : (int) Math.min(LARGEST_PAGE_BYTES, 2L * pages[pageCount - 1].length);
        if (pages[pageCount] == null || pages[pageCount].length < bytes) {
            pages[pageCount] = new byte[Math.max(bytes, usual)];
        }
        pageCount++;
        pageFilled = 0;
    }
}
