package cdf.lake;

import java.util.Map;

/**
 * What a run of {@link Apply} came to.
 *
 * @param accounting where the events of all its batches went
 * @param rows the rows of the table at the end
 * @param indexBytes the memory that the index of the rows' keys took at the end
 * @param tableVersion the table's version at the end, -1 if there is no table
 * @param positions of each topic partition, the offset of the next record to apply
 */
public record ApplySummary(
        Accounting accounting, long rows, long indexBytes, long tableVersion, Map<Integer, Long> positions) {
    /** Of a run that was stopped before it had a table. */
    static final ApplySummary NOTHING = new ApplySummary(Accounting.NONE, 0, 0, -1, Map.of());

    public ApplySummary {
        positions = Map.copyOf(positions);
    }
}
