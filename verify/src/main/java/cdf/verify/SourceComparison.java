package cdf.verify;

import java.util.List;

/**
 * The table beside the source database, at a moment shortly after the table's version.
 *
 * @param rows how many rows the database had at the moment
 * @param events how many of the topic's events came between the table's version and the moment: they were added to the
 *     table's rows for the comparison
 * @param differences the rows that are not as in the database
 * @param notCompared the table's columns that the database does not have any more
 */
public record SourceComparison(long rows, long events, RowDifferences differences, List<String> notCompared) {
    public SourceComparison {
        notCompared = List.copyOf(notCompared);
    }
}
