package cdf.lake;

import cdf.change.ChangeEvent;

/**
 * A change of one row of a table: {@link ChangeEvent.RowCreated}, {@link ChangeEvent.RowUpdated} with the row before, or
 * {@link ChangeEvent.RowDeleted} with the row before, at the time of the commit.
 *
 * @param version the version of the table that the change made
 */
public record TableChange(long version, ChangeEvent event) {}
