package cdf.cli;

import cdf.change.Decoded;
import cdf.lake.WatchListener;
import cdf.lake.WatchedRecord;
import cdf.producer.Terminal;
import org.jspecify.annotations.Nullable;

import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Prints records as they come, one line each. A thread of its own prints and flushes when nothing waits, so that a
 * single change shows at once and a flood is written in large blocks. A slow reader of standard output slows the stream
 * down; nothing is dropped.
 */
public final class ChangePrinter implements WatchListener, AutoCloseable {
    private static final int WAITING_RECORDS = 10_000;
    private static final long CLOSE_CHECK_MILLIS = 20;

    private final BlockingQueue<WatchedRecord> waiting = new ArrayBlockingQueue<>(WAITING_RECORDS);
    private final Terminal terminal;
    private final ChangeFormat format;
    private @Nullable Thread thread;

    private volatile boolean closing;
    private volatile @Nullable RuntimeException failure;
    private volatile long lastRecord = Long.MAX_VALUE;
    private final AtomicLong shown = new AtomicLong();
    private final AtomicLong rejected = new AtomicLong();

    public ChangePrinter(Terminal terminal, ChangeFormat format) {
        this.terminal = terminal;
        this.format = format;
    }

    /** Shows so many records in all and no more. */
    public void endAfter(long records) {
        lastRecord = records;
    }

    /**
     * Begins to print.
     *
     * @param onEnough called once: the last record has been shown, or nobody reads standard output any more
     */
    public void start(Runnable onEnough) {
        thread = new Thread(() -> print(onEnough), "change-printer");
        thread.start();
    }

    @Override
    public void onRecord(WatchedRecord record) {
        try {
            waiting.put(record);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new CancellationException("stopped before the record was shown");
        }
    }

    @Override
    public void onNotice(String notice) {
        terminal.notice(notice);
    }

    /** The records shown, the unreadable ones included. */
    long shown() {
        return shown.get();
    }

    /** The records shown that could not be read. */
    long rejected() {
        return rejected.get();
    }

    /** Shows what waits, then ends; throws what kept it from showing everything, if anything did. */
    public void finish() {
        close();
        RuntimeException bug = failure;
        if (bug != null) {
            throw bug;
        }
    }

    @Override
    public void close() {
        closing = true;
        if (thread == null) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }

    private void print(Runnable onEnough) {
        boolean enough = false;
        while (!(closing && waiting.isEmpty())) {
            WatchedRecord record = next();
            if (enough) {
                continue;
            }
            enough = showAndCheck(record);
            if (enough) {
                onEnough.run();
            }
        }
        terminal.out().flush();
    }

    /** Whether there is nothing more to show: the last record was shown, nobody reads, or showing failed. */
    private boolean showAndCheck(@Nullable WatchedRecord record) {
        try {
            if (record != null && shown.get() < lastRecord) {
                show(record);
            }
            boolean unread = waiting.isEmpty() && terminal.out().checkError();
            return unread || shown.get() >= lastRecord;
        } catch (RuntimeException bug) {
            failure = bug;
            return true;
        }
    }

    private @Nullable WatchedRecord next() {
        try {
            return waiting.poll(CLOSE_CHECK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    private void show(WatchedRecord record) {
        terminal.out().println(format.line(record));
        shown.incrementAndGet();
        if (record.decoded() instanceof Decoded.Rejected) {
            rejected.incrementAndGet();
        }
    }
}
