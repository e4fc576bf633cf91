package cdf.lake;

/**
 * Where a row lies, and which partition of the topic its last change came from: packed into a number that is never
 * negative, as {@link KeyIndex} keeps it.
 *
 * @param file the data file, by a number that the applier gives it: from 0, less than 2^24
 * @param partition the topic partition, from 0, less than {@link #UNKNOWN_PARTITION}, or that
 * @param row the row's number in the file: from 0, less than 2^27
 */
record RowLocation(int file, int partition, int row) {
    /** The partition of a row that was found in the table: it does not say. */
    static final int UNKNOWN_PARTITION = (1 << 12) - 1;

    private static final int ROW_BITS = 27;
    private static final int PARTITION_BITS = 12;
    private static final int FILE_BITS = Long.SIZE - 1 - PARTITION_BITS - ROW_BITS;

    RowLocation {
        if (file < 0
                || file >>> FILE_BITS != 0
                || partition < 0
                || partition >>> PARTITION_BITS != 0
                || row < 0
                || row >>> ROW_BITS != 0) {
            throw new IllegalStateException(
                    "row " + row + " of file " + file + " from partition " + partition + " is out of range");
        }
    }

    long packed() {
        return (long) file << (PARTITION_BITS + ROW_BITS) | (long) partition << ROW_BITS | row;
    }

    static int file(long packed) {
        return (int) (packed >>> (PARTITION_BITS + ROW_BITS));
    }

    static int partition(long packed) {
        return (int) (packed >>> ROW_BITS) & ((1 << PARTITION_BITS) - 1);
    }

    static int row(long packed) {
        return (int) packed & ((1 << ROW_BITS) - 1);
    }
}
