package cdf.producer;

import cdf.generator.Fault;

import java.util.Map;

/**
 * How many changes and records a generation sent.
 *
 * @param faults the records with each fault that was asked for
 */
public record GenerateCounts(long created, long updated, long deleted, long tombstones, Map<Fault, Long> faults) {
    public GenerateCounts {
        faults = Map.copyOf(faults);
    }

    /** The changes sent. */
    long generated() {
        return created + updated + deleted;
    }

    /** The records with this fault. */
    long of(Fault fault) {
        return faults.getOrDefault(fault, 0L);
    }
}
