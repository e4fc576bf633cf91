package cdf.lake;

import cdf.change.CdfException;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What a run of {@link ApplyTables} came to in one table.
 *
 * @param table where the table is
 * @param accounting where the events of all its batches went
 * @param rows the rows of the table after them; empty if it stopped before there was any
 * @param tableVersion the version of the table that has them; empty as {@code rows} is
 * @param positions of each topic partition, the offset of the next record to apply; empty if it stopped before that was known
 * @param failure why it stopped, if it did before it should
 */
public record TableOutcome(
        String topic,
        String table,
        Accounting accounting,
        OptionalLong rows,
        OptionalLong tableVersion,
        Map<Integer, Long> positions,
        Optional<CdfException> failure) {
    public TableOutcome {
        positions = Map.copyOf(positions);
    }
}
