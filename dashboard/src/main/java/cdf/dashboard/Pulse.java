package cdf.dashboard;

import io.micrometer.core.instrument.Tags;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A few times a second takes in what the application told of each table, and sends it to the pages that show it.
 * Thread-safe.
 */
final class Pulse implements AutoCloseable {
    private static final long TICK_MILLIS = 250;
    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final boolean several;
    private final int mostPages;
    private final Duration patience;
    private final Metrics metrics = new Metrics();
    private final Thread thread;

    /** By their topics. */
    private final Map<String, Pipeline> pipelines = new TreeMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hurry = lock.newCondition();
    private boolean hurried;
    private boolean closed;

    /**
     * @param several whether there may be several tables: their figures have the topic as a label then
     * @param mostPages how many pages may be open
     * @param patience a page that takes nothing for so long is gone
     */
    Pulse(boolean several, int mostPages, Duration patience) {
        this.several = several;
        this.mostPages = mostPages;
        this.patience = patience;
        thread = new Thread(this::run, "dashboard-pulse");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Shows a table from now on. */
    void add(PipelineFeed feed, PipelineNames names, Optional<Verifier> verifier) {
        lock.lock();
        try {
            Tags tags = several ? Tags.of("topic", names.topic()) : Tags.empty();
            pipelines.put(
                    names.topic(),
                    new Pipeline(feed, names, verifier, metrics.registry(), tags, mostPages, patience, this::hurry));
            hurry();
        } finally {
            lock.unlock();
        }
    }

    /** The table of a topic, or the first if none is named; empty if there is no such table. */
    Optional<Pipeline> find(Optional<String> topic) {
        lock.lock();
        try {
            return topic.isPresent()
                    ? Optional.ofNullable(pipelines.get(topic.get()))
                    : pipelines.values().stream().findFirst();
        } finally {
            lock.unlock();
        }
    }

    /** A new page's stream of a table, or null if there are too many. */
    EventStreams.@Nullable Stream open(Pipeline pipeline) {
        lock.lock();
        try {
            int open = pipelines.values().stream()
                    .mapToInt(each -> each.streams().pages())
                    .sum();
            return open < mostPages ? pipeline.streams().open() : null;
        } finally {
            lock.unlock();
        }
    }

    /** Takes in what the feeds have been told, without waiting for the next tick. */
    void takeIn() {
        lock.lock();
        try {
            tick();
        } finally {
            lock.unlock();
        }
    }

    /** A table's status as JSON. */
    byte[] status(Pipeline pipeline) {
        lock.lock();
        try {
            return pipeline.status(pipelines.values());
        } finally {
            lock.unlock();
        }
    }

    /** The figures in Prometheus's format. */
    String metrics() {
        lock.lock();
        try {
            return metrics.text();
        } finally {
            lock.unlock();
        }
    }

    /** How the tables are, by their topics. */
    Map<String, Health> health() {
        lock.lock();
        try {
            Map<String, Health> health = new TreeMap<>();
            pipelines.forEach(
                    (topic, pipeline) -> health.put(topic, pipeline.state().health()));
            return health;
        } finally {
            lock.unlock();
        }
    }

    /** Does not wait for the next tick: a page was opened, or something happened that somebody waits for. */
    private void hurry() {
        lock.lock();
        try {
            hurried = true;
            hurry.signal();
        } finally {
            lock.unlock();
        }
    }

    private void run() {
        lock.lock();
        try {
            while (!closed) {
                tick();
                awaitNext();
            }
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            lock.unlock();
        }
    }

    private void awaitNext() throws InterruptedException {
        long left = Duration.ofMillis(TICK_MILLIS).toNanos();
        while (!hurried && !closed && left > 0) {
            left = hurry.awaitNanos(left);
        }
    }

    private void tick() {
        pipelines.values().forEach(pipeline -> pipeline.tick(hurried, pipelines.values()));
        hurried = false;
    }

    /** Sends what is left, and ends. */
    @Override
    public void close() {
        lock.lock();
        try {
            if (closed) {
                return;
            }
            closed = true;
            hurried = true;
            tick();
            hurry.signal();
        } finally {
            lock.unlock();
        }
        try {
            long deadline = System.nanoTime() + FAREWELL.toNanos();
            for (Pipeline pipeline : pipelines.values()) {
                pipeline.streams().end(Duration.ofNanos(deadline - System.nanoTime()));
            }
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        metrics.close();
    }
}
