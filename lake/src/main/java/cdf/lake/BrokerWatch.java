package cdf.lake;

import cdf.kafka.Topics;

import java.time.Duration;
import java.util.function.Consumer;

/**
 * Whether the broker answers. The streams of a run share one: it asks once for all of them, and tells once when the broker
 * goes away and when it is back. Thread-safe.
 */
final class BrokerWatch {
    /** An answer is good for so long. */
    private static final Duration FRESH = Duration.ofMillis(250);

    private final Topics topics;
    private final Consumer<String> notices;
    private long askAgainNanos = System.nanoTime();
    private volatile boolean away;

    /** @param notices receives one line when the broker goes away, and one when it is back */
    BrokerWatch(Topics topics, Consumer<String> notices) {
        this.topics = topics;
        this.notices = notices;
    }

    /** Whether a broker answers now. */
    synchronized boolean answers() {
        if (System.nanoTime() - askAgainNanos >= 0) {
            note(topics.reachable());
            askAgainNanos = System.nanoTime() + FRESH.toNanos();
        }
        return !away;
    }

    /** Whether no broker answered when that was last known. */
    boolean away() {
        return away;
    }

    /** A question to the broker was not answered. */
    synchronized void noteAway() {
        note(false);
    }

    private void note(boolean reachable) {
        if (away == reachable) {
            notices.accept(
                    reachable
                            ? "the broker at " + topics.connection() + " is back"
                            : "the broker at " + topics.connection() + " is away: waiting for it");
        }
        away = !reachable;
    }
}
