package cdf.postgres;

/**
 * How far a capture is.
 *
 * @param snapshotRows rows read from the tables and in Kafka
 * @param events changes in Kafka; neither snapshot rows nor tombstones
 * @param lagBytes of the write-ahead log that is not in Kafka yet
 * @param streaming whether all tables are read
 */
public record CaptureProgress(long snapshotRows, long events, long lagBytes, boolean streaming) {}
