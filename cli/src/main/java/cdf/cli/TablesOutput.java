package cdf.cli;

import cdf.lake.ApplyTablesListener;

/** Shows how applying several tables goes, until it is closed. */
interface TablesOutput extends ApplyTablesListener, AutoCloseable {
    @Override
    void close();
}
