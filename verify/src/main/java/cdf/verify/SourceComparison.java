package cdf.verify;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The table beside the source database, at a moment shortly after the table's version.
 *
 * @param rows how many rows the database had at the moment
 * @param events how many of the topic's events came between the table's version and the moment: they were added to the
 *     table's rows for the comparison
 * @param differences the rows that are not as in the database
 * @param notCompared the columns that only one side has, or that cannot be compared, and why
 */
public record SourceComparison(long rows, long events, RowDifferences differences, Map<String, String> notCompared) {
    public SourceComparison {
        notCompared = Collections.unmodifiableMap(new LinkedHashMap<>(notCompared));
    }
}
