package cdf.lake;

import cdf.change.TableSchema;

/** Where the columns of a table, and its key, come from. */
public sealed interface ColumnSource {
    /** The user gives them. A new table keeps them, whatever else comes in events. */
    record Given(TableSchema schema) implements ColumnSource {}

    /**
     * They are the table's own, if there is one. A new table has those of the topic's first event that is wrapped, as is its
     * record key, and follows the schemas of the events after it.
     *
     * @param ofBareEvents what a new table has if the first events have just these columns, but do not say their types or key
     */
    record Learned(TableSchema ofBareEvents) implements ColumnSource {}
}
