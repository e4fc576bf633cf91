package cdf.lake;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.function.Function;

/**
 * The changes of many versions, read of some versions at a time: the first then come soon, and no more than the files and
 * the marked rows of a slice are in memory.
 */
final class VersionSlices implements Iterator<TableChange> {
    /** How many versions are read first; then it is twice as many each time. */
    private static final int FIRST = 8;

    private static final int MOST = 512;

    /** With so many rows marked a slice ends. */
    private static final long ROWS = 250_000;

    private final Iterator<LoggedVersion> versions;
    private final Function<List<LoggedVersion>, Iterator<TableChange>> read;
    private int length = FIRST;
    private Iterator<TableChange> current = Collections.emptyIterator();

    /** @param read reads the changes of versions that follow each other */
    VersionSlices(Iterator<LoggedVersion> versions, Function<List<LoggedVersion>, Iterator<TableChange>> read) {
        this.versions = versions;
        this.read = read;
    }

    @Override
    public boolean hasNext() {
        while (!current.hasNext() && versions.hasNext()) {
            current = read.apply(slice());
        }
        return current.hasNext();
    }

    private List<LoggedVersion> slice() {
        List<LoggedVersion> slice = new ArrayList<>();
        long rows = 0;
        while (slice.size() < length && rows < ROWS && versions.hasNext()) {
            LoggedVersion version = versions.next();
            slice.add(version);
            rows += version.markedRows();
        }
        length = Math.min(MOST, 2 * length);
        return slice;
    }

    @Override
    public TableChange next() {
        if (!hasNext()) {
            throw new NoSuchElementException("no more changes");
        }
        return current.next();
    }
}
