package cdf.cli;

import cdf.lake.TableChange;

/** How a change of a table looks as one line. Used by one thread. */
interface FeedFormat {
    /** The line, without its end. */
    String line(TableChange change);
}
