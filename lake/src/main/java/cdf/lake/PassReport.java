package cdf.lake;

import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * What one task found in its part of a micro-batch.
 *
 * @param task the number of the task's partition in the job: its data file is named {@code part-<task>-...}
 * @param read the events at or after the table's positions
 * @param ignored the events that change no row by their nature: tombstones and messages
 * @param superseded the events that a later one of the same key, or a truncation, made void
 * @param truncations the truncations of the table; if there are any, {@code keys} changed after the last of them
 * @param nextOffsets of each topic partition seen, the offset after the last event read
 * @param rejected the rejected events, as rows of the dead-letter table; not all of them if {@code rejectedCount} is more
 * @param movedKey a key that changed in two partitions of the topic, or null (an Optional cannot be serialized)
 * @param otherSchemas where partitions of the topic were not read on, because the table must change first
 * @param partialUpdates the updates that do not have all values of their rows
 */
record PassReport(
        int task,
        long read,
        long ignored,
        long superseded,
        long truncations,
        ChangedKeys keys,
        Map<Integer, Long> nextOffsets,
        long rejectedCount,
        List<Row> rejected,
        @Nullable MovedKey movedKey,
        List<OtherSchema> otherSchemas,
        PartialUpdates partialUpdates)
        implements Serializable {
    boolean truncated() {
        return truncations > 0;
    }
}
