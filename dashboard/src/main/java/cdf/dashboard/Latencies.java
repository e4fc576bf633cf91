package cdf.dashboard;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * How long changes took from being sent to being visible in the table: the commit that has a change is the first whose
 * position in its partition lies behind it. Of many changes, those that the page saw stand for all. Not thread-safe.
 */
final class Latencies {
    private static final long WINDOW_MILLIS = 10_000;
    private static final long COMMITS_KEPT_MILLIS = 60_000;
    private static final int MOST_WAITING = 50_000;

    private record Commit(long atMillis, Map<Integer, Long> positions) {
        boolean has(Change change) {
            return positions.getOrDefault(change.partition(), 0L) > change.offset();
        }
    }

    private record Sample(long atMillis, long latencyMillis) {}

    private final Deque<Commit> commits = new ArrayDeque<>();
    private final Deque<Change> waiting = new ArrayDeque<>();
    private final Deque<Sample> window = new ArrayDeque<>();

    /** Latencies that became known since {@link #takeNew()}. */
    private List<Long> fresh = new ArrayList<>();

    /** Applying begins at these positions: what lies before them has been visible for nobody knows how long. */
    void start(long atMillis, Map<Integer, Long> positions) {
        commits.clear();
        waiting.clear();
        commits.add(new Commit(atMillis, positions));
    }

    void commit(long atMillis, Map<Integer, Long> positions) {
        commits.add(new Commit(atMillis, positions));
    }

    /** A change was seen in the topic, perhaps after its commit. */
    void saw(Change change) {
        waiting.add(change);
        if (waiting.size() > MOST_WAITING) {
            waiting.remove();
        }
    }

    /** Finds the commits of the changes that were waiting for theirs. */
    void settle(long nowMillis) {
        if (commits.isEmpty()) {
            return;
        }
        for (Iterator<Change> changes = waiting.iterator(); changes.hasNext(); ) {
            Change change = changes.next();
            if (commits.getLast().has(change)) {
                changes.remove();
                note(change);
            }
        }
        while (commits.size() > 1 && commits.getFirst().atMillis() < nowMillis - COMMITS_KEPT_MILLIS) {
            commits.remove();
        }
        while (!window.isEmpty() && window.getFirst().atMillis() < nowMillis - WINDOW_MILLIS) {
            window.remove();
        }
    }

    private void note(Change change) {
        if (commits.getFirst().has(change)) {
            return; // it was there before the oldest commit that we know
        }
        for (Commit commit : commits) {
            if (commit.has(change)) {
                long latencyMillis = Math.max(0, commit.atMillis() - change.timestampMillis());
                window.add(new Sample(commit.atMillis(), latencyMillis));
                fresh.add(latencyMillis);
                return;
            }
        }
    }

    /** The latencies that became known since the last call, in milliseconds. */
    List<Long> takeNew() {
        List<Long> taken = fresh;
        fresh = new ArrayList<>();
        return taken;
    }

    /** The percentiles over the last ten seconds. */
    Percentiles percentiles() {
        long[] sorted =
                window.stream().mapToLong(Sample::latencyMillis).sorted().toArray();
        return sorted.length == 0
                ? Percentiles.UNKNOWN
                : new Percentiles(at(sorted, 0.50), at(sorted, 0.95), at(sorted, 0.99));
    }

    private static double at(long[] sorted, double quantile) {
        return sorted[(int) Math.ceil(quantile * sorted.length) - 1];
    }

    /** Latencies in milliseconds; NaN where nothing was committed. */
    record Percentiles(double p50, double p95, double p99) {
        static final Percentiles UNKNOWN = new Percentiles(Double.NaN, Double.NaN, Double.NaN);
    }
}
