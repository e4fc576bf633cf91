package cdf.lake;

import cdf.change.Decoded;

import java.util.Optional;

/**
 * A record of the topic, and what reading it came to.
 *
 * @param timestampMillis Kafka's timestamp, in milliseconds since 1970-01-01T00:00Z
 * @param key the key as text, if the record has one
 */
public record WatchedRecord(int partition, long offset, long timestampMillis, Optional<String> key, Decoded decoded) {}
