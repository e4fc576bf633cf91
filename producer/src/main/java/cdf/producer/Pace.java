package cdf.producer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * When each event of a workload is due, in nanoseconds after its start. Open-loop: an event's time does not depend on
 * how long the ones before it took, so a slow broker shows as a delay and not as a lower rate.
 *
 * @param eventsPerSecond on average; 0 for as fast as possible
 */
public record Pace(long eventsPerSecond, Profile profile) {
    private static final long FASTEST = 1_000_000;
    private static final long NANOS = Duration.ofSeconds(1).toNanos();
    private static final long BURST_PERIOD_SECONDS = 10;
    private static final long BURST_FACTOR = 5;
    private static final long RAMP_PERIOD_SECONDS = 60;

    public Pace {
        List<String> problems = problems(eventsPerSecond, profile);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /** A steady pace. */
    public Pace(long eventsPerSecond) {
        this(eventsPerSecond, Profile.STEADY);
    }

    /** What is wrong with a pace that a user asks for, a sentence each. */
    public static List<String> problems(long eventsPerSecond, Profile profile) {
        List<String> problems = new ArrayList<>();
        if (eventsPerSecond < 0 || eventsPerSecond > FASTEST) {
            problems.add("--events-per-second: " + eventsPerSecond + " is not from 1 to " + FASTEST
                    + ", nor 0 for as fast as possible");
        }
        if (eventsPerSecond == 0 && profile != Profile.STEADY) {
            problems.add("--profile: " + profile.name().toLowerCase(Locale.ROOT)
                    + " needs a pace, but --events-per-second is 0, as fast as possible");
        }
        return problems;
    }

    /** Whether there is no pace to keep: every event is due at once. */
    boolean unlimited() {
        return eventsPerSecond == 0;
    }

    /** When event number {@code index}, from 0, is due; exact however long the run. */
    long dueNanos(long index) {
        return switch (profile) {
            case STEADY -> index / eventsPerSecond * NANOS + index % eventsPerSecond * NANOS / eventsPerSecond;
            case BURST -> {
                long perPeriod = BURST_PERIOD_SECONDS * eventsPerSecond;
                long withinPeriod = index % perPeriod * NANOS / (BURST_FACTOR * eventsPerSecond);
                yield index / perPeriod * BURST_PERIOD_SECONDS * NANOS + withinPeriod;
            }
            case RAMP -> {
                long perPeriod = RAMP_PERIOD_SECONDS * eventsPerSecond;
                // With a rate that rises evenly, the share of the events that are sent is the share of time squared.
                double share = Math.sqrt((double) (index % perPeriod) / perPeriod);
                yield index / perPeriod * RAMP_PERIOD_SECONDS * NANOS + (long) (share * RAMP_PERIOD_SECONDS * NANOS);
            }
        };
    }
}
