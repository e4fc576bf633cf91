package cdf.cli;

import cdf.lake.WatchedRecord;

/** How a record looks as one line. Used by one thread. */
public interface ChangeFormat {
    /** The line, without its end. */
    String line(WatchedRecord record);
}
