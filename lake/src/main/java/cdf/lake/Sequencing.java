package cdf.lake;

import cdf.change.SequencePath;

import java.time.Duration;

/**
 * That changes are ordered by a number in each event, which rises with each change of a row, and not by the topic.
 *
 * @param path where the number is
 * @param tombstoneRetention how long the number of a delete is known after the delete was applied, at least
 */
public record Sequencing(SequencePath path, Duration tombstoneRetention) {
    public static final Duration DEFAULT_TOMBSTONE_RETENTION = Duration.ofDays(7);

    public Sequencing {
        if (tombstoneRetention.isNegative()) {
            throw new IllegalArgumentException("unchecked: tombstone retention " + tombstoneRetention);
        }
    }
}
