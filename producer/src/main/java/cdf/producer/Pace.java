package cdf.producer;

import java.time.Duration;
import java.util.Optional;

/**
 * When each event of a workload is due, in nanoseconds after its start. Open-loop: an event's time does not depend on
 * how long the ones before it took, so a slow broker shows as a delay and not as a lower rate.
 */
public record Pace(long eventsPerSecond) {
    private static final long FASTEST = 1_000_000;
    private static final long NANOS = Duration.ofSeconds(1).toNanos();

    public Pace {
        problem(eventsPerSecond).ifPresent(problem -> {
            throw new IllegalArgumentException(problem);
        });
    }

    /** What is wrong with a pace that a user asks for, if anything. */
    public static Optional<String> problem(long eventsPerSecond) {
        return eventsPerSecond >= 0 && eventsPerSecond <= FASTEST
                ? Optional.empty()
                : Optional.of("--events-per-second: " + eventsPerSecond + " is not from 1 to " + FASTEST
                        + ", nor 0 for as fast as possible");
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
