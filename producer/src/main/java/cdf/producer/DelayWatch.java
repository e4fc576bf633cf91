package cdf.producer;

import cdf.kafka.Publisher;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Tells the user when a generation falls behind its schedule: the record to send is overdue, or the broker acknowledges
 * none of those sent. In a thread of its own, because the sending one waits while the broker takes nothing.
 */
final class DelayWatch implements AutoCloseable {
    private static final Duration CHECK = Duration.ofMillis(100);
    private static final Duration NOTABLE = Duration.ofSeconds(1);

    private final Publisher publisher;
    private final LongSupplier nextDueNanos;
    private final Terminal terminal;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread = new Thread(this::run, "delay-watch");

    private long acknowledged;
    private long progressNanos = System.nanoTime();
    private boolean told;
    private volatile long longestNanos;

    /** @param nextDueNanos when the record to send is due, on {@link System#nanoTime()}'s clock */
    DelayWatch(Publisher publisher, LongSupplier nextDueNanos, Terminal terminal) {
        this.publisher = publisher;
        this.nextDueNanos = nextDueNanos;
        this.terminal = terminal;
    }

    void start() {
        thread.setDaemon(true);
        thread.start();
    }

    /** The longest delay seen so far, in nanoseconds. */
    long longestNanos() {
        return longestNanos;
    }

    private void run() {
        try {
            while (!closed.await(CHECK.toMillis(), TimeUnit.MILLISECONDS)) {
                check(System.nanoTime());
            }
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    private void check(long now) {
        long acknowledgedNow = publisher.acknowledged();
        if (acknowledgedNow != acknowledged || acknowledgedNow == publisher.sent()) {
            acknowledged = acknowledgedNow;
            progressNanos = now;
        }
        long behindNanos = Math.max(now - nextDueNanos.getAsLong(), now - progressNanos);
        longestNanos = Math.max(longestNanos, behindNanos);
        if (behindNanos > NOTABLE.toNanos() && !told) {
            told = true;
            terminal.notice("behind schedule: the broker takes fewer events than asked for");
        } else if (behindNanos < NOTABLE.toNanos() / 2) {
            told = false;
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
