package cdf.dashboard;

import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * The open pages, as streams of server-sent events. Each has a thread and a bounded queue of frames; one that is too slow
 * loses what waits for it and begins anew with a whole frame, and slows nobody.
 */
final class EventStreams {
    /** At four frames a second, what a page may be late. */
    private static final int WAITING_FRAMES = 20;

    private static final byte[] END = new byte[0];
    private static final byte[] DATA = "data: ".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] BLANK_LINE = "\n\n".getBytes(StandardCharsets.US_ASCII);

    /** The page asks again so soon when it loses the stream. */
    private static final byte[] RETRY = "retry: 1000\n\n".getBytes(StandardCharsets.US_ASCII);

    private final int most;
    private final Duration patience;
    private final Set<Stream> streams = ConcurrentHashMap.newKeySet();
    private final AtomicLong lost = new AtomicLong();
    private final Runnable onOpen;
    private boolean ended;

    /**
     * @param most how many pages may be open
     * @param patience a page that takes nothing for so long is gone
     * @param onOpen called when a page was opened, which waits for its whole frame now
     */
    EventStreams(int most, Duration patience, Runnable onOpen) {
        this.most = most;
        this.patience = patience;
        this.onOpen = onOpen;
    }

    /** A page's stream. */
    final class Stream {
        private final BlockingQueue<byte[]> waiting = new ArrayBlockingQueue<>(WAITING_FRAMES);
        private final AtomicLong written = new AtomicLong();

        /** The thread in {@link #writeTo}; guarded by this. */
        private @Nullable Thread writer;

        // The following are the sender's alone.

        private boolean begun;
        private long progress;
        private long progressNanos = System.nanoTime();

        private void offer(byte[] frame, Supplier<byte[]> whole) {
            boolean slow = begun && !waiting.offer(frame);
            if (slow) {
                lost.incrementAndGet();
                waiting.clear();
            }
            if (slow || !begun) {
                // At once: the page's thread may have nothing else to write.
                waiting.add(whole.get());
                begun = true;
            }
            if (written.get() > progress) {
                progress = written.get();
                progressNanos = System.nanoTime();
            }
            if (System.nanoTime() - progressNanos > patience.toNanos()) {
                abort();
            }
        }

        /**
         * Ends the page's connection, whatever its thread waits for: an interrupt closes the channel that it writes to. To
         * close the exchange from here would be to wait behind that thread, and all other pages with it.
         */
        private synchronized void abort() {
            if (writer != null) {
                writer.interrupt();
            }
        }

        private synchronized void setWriter(@Nullable Thread thread) {
            writer = thread;
        }

        private void end() {
            if (!waiting.offer(END)) {
                abort();
            }
        }

        /** Writes frames to an interruptible channel until the stream ends or the page is gone. */
        void writeTo(OutputStream out) throws IOException, InterruptedException {
            setWriter(Thread.currentThread());
            try {
                write(RETRY, out);
                for (byte[] frame = waiting.take(); frame != END; frame = waiting.take()) {
                    byte[] event = Arrays.copyOf(DATA, DATA.length + frame.length + BLANK_LINE.length);
                    System.arraycopy(frame, 0, event, DATA.length, frame.length);
                    System.arraycopy(BLANK_LINE, 0, event, DATA.length + frame.length, BLANK_LINE.length);
                    write(event, out);
                    written.incrementAndGet();
                }
            } finally {
                setWriter(null);
            }
        }

        private static void write(byte[] event, OutputStream out) throws IOException {
            out.write(event);
            out.flush();
        }

        /** Forgets the page. */
        void close() {
            streams.remove(this);
        }
    }

    /** A new page's stream, or null if there are too many. */
    @Nullable
    Stream open() {
        Stream stream = new Stream();
        synchronized (this) {
            if (ended || streams.size() >= most) {
                return null;
            }
            streams.add(stream);
        }
        onOpen.run();
        return stream;
    }

    /** How many pages are open. */
    int pages() {
        return streams.size();
    }

    /** How often a page was too slow. */
    long lost() {
        return lost.get();
    }

    /** Sends all pages a frame; those that are new or were too slow, a whole one. Called by one thread at a time. */
    void send(byte[] frame, Supplier<byte[]> whole) {
        streams.forEach(stream -> stream.offer(frame, whole));
    }

    /** Ends all streams after what waits for them, and waits for that, for a moment. */
    void end(Duration patience) throws InterruptedException {
        synchronized (this) {
            ended = true;
        }
        streams.forEach(Stream::end);
        long deadline = System.nanoTime() + patience.toNanos();
        while (!streams.isEmpty() && System.nanoTime() - deadline < 0) {
            TimeUnit.MILLISECONDS.sleep(5);
        }
    }
}
