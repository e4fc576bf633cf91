package cdf.dashboard;

import cdf.dashboard.PipelineState.News;

import java.time.Duration;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A few times a second takes in what the application told, and sends it to the open pages. A frame is built once for all
 * of them, and only when there are any. Thread-safe.
 */
final class Pulse implements AutoCloseable {
    private static final long TICK_MILLIS = 250;

    /** Also when nothing is new: so a page knows that it is connected, and how old what it shows is. */
    private static final long QUIET_TICKS = 4;

    private static final Duration FAREWELL = Duration.ofMillis(500);

    private final PipelineFeed feed;
    private final PipelineState state;
    private final Metrics metrics;
    private final EventStreams streams;
    private final Thread thread;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition hurry = lock.newCondition();
    private boolean hurried;
    private boolean closed;
    private long quietTicks;

    /**
     * @param mostPages how many pages may be open
     * @param patience a page that takes nothing for so long is gone
     */
    Pulse(PipelineFeed feed, PipelineNames names, boolean verifiable, int mostPages, Duration patience) {
        this.feed = feed;
        state = new PipelineState(names, verifiable, feed.nowMillis());
        streams = new EventStreams(mostPages, patience, this::hurry);
        metrics = new Metrics(state, streams);
        thread = new Thread(this::run, "dashboard-pulse");
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    EventStreams streams() {
        return streams;
    }

    /** Takes in what the feed has been told, without waiting for the next tick. */
    void takeIn() {
        lock.lock();
        try {
            tick();
        } finally {
            lock.unlock();
        }
    }

    /** The status as JSON. */
    byte[] status() {
        lock.lock();
        try {
            return Frames.status(state, feed.nowMillis());
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

    Health health() {
        lock.lock();
        try {
            return state.health();
        } finally {
            lock.unlock();
        }
    }

    /** Does not wait for the next tick: a page was opened, or something happened that somebody waits for. */
    void hurry() {
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
        long now = feed.nowMillis();
        News news = state.take(feed.drain(), now);
        metrics.take(news);
        boolean quiet = news.changes().isEmpty()
                && news.batches().isEmpty()
                && news.marks().isEmpty()
                && news.points().isEmpty();
        quietTicks = quiet ? quietTicks + 1 : 0;
        if (streams.pages() > 0 && (!quiet || hurried || quietTicks % QUIET_TICKS == 0)) {
            Once<byte[]> whole = new Once<>(() -> Frames.frame(state, state.history(), true, now));
            streams.send(Frames.frame(state, news, false, now), whole::get);
        }
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
            streams.end(FAREWELL);
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
        metrics.close();
    }
}
