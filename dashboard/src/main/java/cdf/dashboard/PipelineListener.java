package cdf.dashboard;

import java.time.Duration;
import java.util.Map;

/** Hears what {@link PipelineFeed} was told, in that order; each time with when it was told, in milliseconds since 1970. */
interface PipelineListener {
    default void indexing(long atMillis, long rows, long of) {}

    default void started(long atMillis, Map<Integer, Long> positions) {}

    default void committed(long atMillis, Batch batch) {}

    default void compacted(long atMillis, int files, long rows, Duration time) {}

    default void measured(long atMillis, Map<Integer, Long> endOffsets, Duration oldestWaiting) {}

    default void topicMissing(long atMillis) {}

    default void brokerAway(long atMillis, String problem) {}

    default void ended(long atMillis) {}

    default void failed(long atMillis, String problem, String hint) {}

    default void verifying(long atMillis) {}

    default void verified(long atMillis, Verdict verdict) {}

    default void notVerified(long atMillis, String problem) {}
}
