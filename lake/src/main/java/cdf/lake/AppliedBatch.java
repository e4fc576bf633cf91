package cdf.lake;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A micro-batch that is in the table.
 *
 * @param tableVersion the version of the table that has it
 * @param rows the rows of that version
 * @param positions of each topic partition, the offset of the next record to apply
 * @param stages how long each stage took, in the order in which they ran
 * @param rejected the events that went to the dead letters, or the newest of them if they are many
 */
public record AppliedBatch(
        long tableVersion,
        Accounting accounting,
        long rows,
        Map<Integer, Long> positions,
        Map<String, Duration> stages,
        List<RejectedEvent> rejected) {
    public AppliedBatch {
        positions = Map.copyOf(positions);
        stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
        rejected = List.copyOf(rejected);
    }

    /** This, and what came of the rest of the same batch. */
    AppliedBatch and(AppliedBatch rest) {
        Map<String, Duration> times = new LinkedHashMap<>(stages);
        rest.stages.forEach((stage, time) -> times.merge(stage, time, Duration::plus));
        List<RejectedEvent> both = new ArrayList<>(rejected);
        both.addAll(rest.rejected);
        return new AppliedBatch(
                rest.tableVersion, accounting.plus(rest.accounting), rest.rows, rest.positions, times, both);
    }
}
