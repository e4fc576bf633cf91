package cdf.dashboard;

import java.time.Duration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A micro-batch that is in the table.
 *
 * @param tableVersion the version of the table that has it
 * @param rows the rows of that version
 * @param counts where its events went
 * @param positions of each topic partition, the offset of the next record to apply
 * @param stages how long each stage took, in the order in which they ran
 * @param deadLetters the events that could not be applied, or the newest of them if they are many
 */
public record Batch(
        long tableVersion,
        long rows,
        Counts counts,
        Map<Integer, Long> positions,
        Map<String, Duration> stages,
        List<DeadLetter> deadLetters) {
    public Batch {
        positions = Map.copyOf(positions);
        stages = Collections.unmodifiableMap(new LinkedHashMap<>(stages));
        deadLetters = List.copyOf(deadLetters);
    }

    Duration time() {
        return stages.values().stream().reduce(Duration.ZERO, Duration::plus);
    }

    /**
     * Where events went: {@code read} is the sum of the others.
     *
     * @param superseded made void by a later event of the same key in the same batch
     * @param ignored events that change nothing
     */
    public record Counts(long read, long applied, long superseded, long ignored, long deadLettered) {
        static final Counts NONE = new Counts(0, 0, 0, 0, 0);

        Counts plus(Counts other) {
            return new Counts(
                    read + other.read,
                    applied + other.applied,
                    superseded + other.superseded,
                    ignored + other.ignored,
                    deadLettered + other.deadLettered);
        }
    }
}
