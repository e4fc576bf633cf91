package cdf.verify;

/**
 * The table beside the generator's truth.
 *
 * @param rows how many rows the truth has
 * @param explained the rows that differ because the topic itself does: an old event was sent again on purpose
 * @param unexplained the other rows that differ
 */
public record LedgerComparison(long rows, long explained, RowDifferences unexplained) {}
