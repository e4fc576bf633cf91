package cdf.dashboard;

import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

class EventStreamsTest {
    private final EventStreams streams = new EventStreams(3, Duration.ofMinutes(1), () -> {});

    @Test
    void aNewPageBeginsWithAWholeFrame() throws Exception {
        Page page = new Page(streams, new CountDownLatch(0));

        send("tick 1", "whole 1");
        send("tick 2", "whole 2");
        streams.end(Duration.ofSeconds(10));

        assertThat(page.frames()).containsExactly("whole 1", "tick 2");
    }

    @Test
    void aSlowPageLosesFramesAndBeginsAnewAndSlowsNobody() throws Exception {
        CountDownLatch reads = new CountDownLatch(1);
        Page slow = new Page(streams, reads);
        Page quick = new Page(streams, new CountDownLatch(0));
        send("tick 0", "whole 0");
        slow.awaitOneToRead();
        for (int tick = 1; tick < 100; tick++) {
            quick.awaitOne();
            send("tick " + tick, "whole " + tick);
        }
        reads.countDown();
        streams.end(Duration.ofSeconds(10));

        assertThat(streams.lost()).isEqualTo(4);
        assertThat(quick.frames()).isEqualTo(frames("whole 0", 1));
        List<String> expected = new ArrayList<>(List.of("whole 0"));
        expected.addAll(frames("whole 81", 82));
        assertThat(slow.frames()).isEqualTo(expected);
    }

    @Test
    void aPageThatBeginsLateLosesFramesAndBeginsWithAWholeOne() throws Exception {
        EventStreams.Stream late = Objects.requireNonNull(streams.open());
        for (int tick = 0; tick < 100; tick++) {
            send("tick " + tick, "whole " + tick);
        }

        Page page = new Page(late, new CountDownLatch(0));
        page.awaitOne();
        streams.end(Duration.ofSeconds(10));

        assertThat(page.frames()).isEqualTo(frames("whole 80", 81));
    }

    /** A whole frame, and the ticks after it. */
    private static List<String> frames(String whole, int firstTick) {
        return Stream.concat(Stream.of(whole), IntStream.range(firstTick, 100).mapToObj(tick -> "tick " + tick))
                .toList();
    }

    @Test
    void aPageThatNeverReadsIsGivenUpAndHoldsUpNobody() throws Exception {
        SimulatedPipeline pipeline = new SimulatedPipeline(7);
        pipeline.start();
        try (Dashboard dashboard = Dashboard.start(
                        new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(0), Optional.empty()),
                        pipeline.feed,
                        SimulatedPipeline.NAMES,
                        Optional.empty(),
                        Duration.ofMillis(200));
                Socket unread = new Socket()) {
            unread.setReceiveBufferSize(1024);
            unread.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), dashboard.port()));
            unread.getOutputStream()
                    .write("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));

            assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
                while (pages(dashboard) == 0) {
                    dashboard.takeIn();
                }
                while (pages(dashboard) == 1) {
                    pipeline.step(PipelineFeed.RING);
                    dashboard.takeIn();
                }
            });
        }
    }

    private static int pages(Dashboard dashboard) throws IOException {
        String metrics = Answer.get(dashboard.port(), "/metrics").body();
        Matcher pages = Pattern.compile("(?m)^cdf_dashboard_pages (\\d+)").matcher(metrics);
        assertThat(pages.find()).as(metrics).isTrue();
        return Integer.parseInt(pages.group(1));
    }

    @Test
    void thereIsAMost() {
        for (int page = 0; page < 3; page++) {
            assertThat(streams.open()).isNotNull();
        }

        assertThat(streams.open()).isNull();
        assertThat(streams.pages()).isEqualTo(3);
    }

    private void send(String tick, String whole) {
        streams.send(bytes(tick), () -> bytes(whole));
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    /** A page that reads when it is let. */
    private static final class Page {
        private final List<String> frames = new ArrayList<>();
        private final Semaphore toRead = new Semaphore(0);
        private final Semaphore read = new Semaphore(0);

        Page(EventStreams streams, CountDownLatch reads) {
            this(Objects.requireNonNull(streams.open()), reads);
        }

        Page(EventStreams.Stream stream, CountDownLatch reads) {
            Thread thread = new Thread(() -> {
                try (OutputStream out = new Reader(reads)) {
                    stream.writeTo(out);
                } catch (IOException | InterruptedException failure) {
                    throw new IllegalStateException(failure);
                } finally {
                    stream.close();
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        /** Waits for the next frame that this page could read. */
        void awaitOneToRead() throws InterruptedException {
            assertThat(toRead.tryAcquire(1, TimeUnit.MINUTES)).isTrue();
        }

        /** Waits for the next frame that this page has read. */
        void awaitOne() throws InterruptedException {
            assertThat(read.tryAcquire(1, TimeUnit.MINUTES)).isTrue();
        }

        synchronized List<String> frames() {
            return List.copyOf(frames);
        }

        private synchronized void add(String frame) {
            frames.add(frame);
            read.release();
        }

        private final class Reader extends OutputStream {
            private final CountDownLatch reads;
            private final ByteArrayOutputStream event = new ByteArrayOutputStream();

            Reader(CountDownLatch reads) {
                this.reads = reads;
            }

            private void awaitLeave() {
                toRead.release();
                try {
                    reads.await();
                } catch (InterruptedException stopped) {
                    throw new IllegalStateException(stopped);
                }
            }

            @Override
            public void write(int value) {
                event.write(value);
            }

            @Override
            public void flush() {
                String text = event.toString(StandardCharsets.UTF_8);
                event.reset();
                if (text.startsWith("data: ")) {
                    awaitLeave();
                    add(text.substring("data: ".length()).strip());
                }
            }
        }
    }
}
