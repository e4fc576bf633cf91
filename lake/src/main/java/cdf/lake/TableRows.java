package cdf.lake;

import cdf.change.Row;

import java.util.Iterator;
import java.util.List;

/**
 * Rows of a table, in no order. They are read as they are asked for, a part of the table at a time.
 *
 * @param version the version of the table
 * @param columns the names of the columns, which every row has in this order
 */
public record TableRows(long version, List<String> columns, Iterator<Row> rows) {
    public TableRows {
        columns = List.copyOf(columns);
    }
}
