package cdf.postgres;

import java.time.Duration;
import java.util.List;

/**
 * What a capture came to.
 *
 * @param captured events in Kafka: snapshot rows and changes, without tombstones
 * @param snapshotRows those of them that were read from the tables
 * @param lsn up to where all is in Kafka; the next run goes on there
 */
public record CaptureSummary(
        long captured, long snapshotRows, List<String> topics, String slot, Lsn lsn, Duration elapsed) {}
