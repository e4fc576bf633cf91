package cdf.lake;

import java.util.Map;

/** Sees how a topic is applied. Called by the thread that applies it. */
public interface ApplyListener {
    /** So many of so many rows of the table have been read, to know where their keys lie. */
    default void onIndexing(long rows, long of) {}

    /** Applying begins, or begins again, at these positions: of each topic partition, the offset of the next record. */
    default void onStart(Map<Integer, Long> positions) {}

    /** A micro-batch is in the table. */
    default void onBatch(AppliedBatch batch) {}

    /** Files of the table were merged. */
    default void onCompaction(CompactedFiles files) {}

    /** A point at which the process may die without harm: a test kills it there. */
    default void onStep(ApplyStep step) {}

    /** Something worth telling the user, in one line: the topic is missing, the broker is away or back. */
    default void onNotice(String notice) {}
}
