package cdf.lake;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;

/**
 * The changes of many versions, read of some versions at a time: the first then come soon, and Delta, which keeps the
 * names of all files of a query's versions, keeps no more than those of a slice.
 */
final class VersionSlices implements Iterator<TableChange> {
    /** Reads the changes of some versions. */
    @FunctionalInterface
    interface Slice {
        Iterator<TableChange> read(long first, long last);
    }

    private final long last;
    private final int versions;
    private final Slice slice;
    private long next;
    private Iterator<TableChange> current = Collections.emptyIterator();

    /** @param versions how many versions make a slice */
    VersionSlices(long first, long last, int versions, Slice slice) {
        this.next = first;
        this.last = last;
        this.versions = versions;
        this.slice = slice;
    }

    @Override
    public boolean hasNext() {
        while (!current.hasNext() && next <= last) {
            long end = Math.min(last, next + versions - 1);
            current = slice.read(next, end);
            next = end + 1;
        }
        return current.hasNext();
    }

    @Override
    public TableChange next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more changes");
        }
        return current.next();
    }
}
