package cdf.bench;

import cdf.cli.ChangeFormat;
import cdf.cli.PrettyChangeFormat;
import cdf.lake.WatchedRecord;
import cdf.producer.Terminal;
import org.HdrHistogram.Histogram;

import java.io.BufferedOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.concurrent.CountDownLatch;

/**
 * Notes when the line of each event has been flushed to an output that nobody reads. The lines are those of {@code cdf
 * watch}; the key of an event is its number. The printing thread alone writes here; read when it has ended.
 */
final class ShownTimes extends OutputStream implements ChangeFormat {
    private static final int BUFFER_BYTES = 64 * 1024;

    private final ChangeFormat format;
    private final long[] shownNanos;
    private final int[] unflushed;
    private int unflushedCount;
    private final CountDownLatch first = new CountDownLatch(1);

    ShownTimes(String topic, int events) {
        format = new PrettyChangeFormat(topic, true, ZoneOffset.UTC);
        shownNanos = new long[events];
        unflushed = new int[events];
    }

    /** The key of an event. */
    static byte[] key(int number) {
        return Integer.toString(number).getBytes(StandardCharsets.US_ASCII);
    }

    /** A terminal whose standard output is this, buffered as the process's own is. */
    Terminal terminal() {
        PrintStream out = new PrintStream(new BufferedOutputStream(this, BUFFER_BYTES), false, StandardCharsets.UTF_8);
        return new Terminal(out, System.err, true, false, true);
    }

    @Override
    public String line(WatchedRecord record) {
        unflushed[unflushedCount++] = Integer.parseInt(record.key().orElseThrow());
        return format.line(record);
    }

    @Override
    public void write(int octet) {}

    @Override
    public void write(byte[] bytes, int offset, int length) {}

    @Override
    public void flush() {
        long now = System.nanoTime();
        for (int i = 0; i < unflushedCount; i++) {
            shownNanos[unflushed[i]] = now;
        }
        if (unflushedCount > 0) {
            first.countDown();
        }
        unflushedCount = 0;
    }

    /** Waits, in any thread, until an event has been shown: from then on the query runs. */
    void awaitFirst() {
        try {
            first.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** From the sending of each event to the flush of its line, in microseconds; the first ones are left out. */
    Histogram latencyMicros(long[] sentNanos, int warmUp) {
        Histogram micros = new Histogram(3);
        for (int number = warmUp; number < sentNanos.length; number++) {
            if (shownNanos[number] == 0) {
                throw new IllegalStateException("event " + number + " was not shown");
            }
            micros.recordValue((shownNanos[number] - sentNanos[number]) / 1000);
        }
        return micros;
    }
}
