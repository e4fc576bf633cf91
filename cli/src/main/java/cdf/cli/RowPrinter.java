package cdf.cli;

import cdf.change.Row;

/** Prints rows of a table as they come. Used by one thread. */
interface RowPrinter {
    void print(Row row);

    /** Prints what was held back. */
    default void finish() {}
}
