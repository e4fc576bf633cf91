package cdf.lake;

/**
 * Where a row lies: a data file, by a number that the applier gives it, and the row's number in that file.
 *
 * @param file from 0, less than 2^24
 * @param row from 0, less than 2^39
 */
record RowLocation(int file, long row) {
    private static final int ROW_BITS = 39;
    private static final int FILE_BITS = Long.SIZE - 1 - ROW_BITS;

    RowLocation {
        if (file < 0 || file >>> FILE_BITS != 0 || row < 0 || row >>> ROW_BITS != 0) {
            throw new IllegalStateException("row " + row + " of file " + file + " is out of range");
        }
    }

    static RowLocation of(long packed) {
        return new RowLocation(Math.toIntExact(packed >> ROW_BITS), packed & ((1L << ROW_BITS) - 1));
    }

    /** Both numbers in one that is never negative, as {@link KeyIndex} keeps it. */
    long packed() {
        return ((long) file << ROW_BITS) | row;
    }
}
