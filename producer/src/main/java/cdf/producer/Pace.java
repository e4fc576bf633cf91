package cdf.producer;

import java.time.Duration;

/**
 * When each event of a workload is due, in nanoseconds after its start. Open-loop: an event's time does not depend on
 * how long the ones before it took, so a slow broker shows as a delay and not as a lower rate.
 */
record Pace(long eventsPerSecond) {
    static final long FASTEST = 1_000_000;
    private static final long NANOS = Duration.ofSeconds(1).toNanos();

    Pace {
        if (eventsPerSecond < 0 || eventsPerSecond > FASTEST) {
            throw new IllegalArgumentException("no pace: " + eventsPerSecond + " events a second");
        }
    }

    /** Whether there is no pace to keep: every event is due at once. */
    boolean unlimited() {
        return eventsPerSecond == 0;
    }

    /** When event number {@code index}, from 0, is due; exact however long the run. */
    long dueNanos(long index) {
        return index / eventsPerSecond * NANOS + index % eventsPerSecond * NANOS / eventsPerSecond;
    }
}
