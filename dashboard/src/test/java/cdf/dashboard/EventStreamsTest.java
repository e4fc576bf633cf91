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
import java.util.regex.Matcher;
import java.util.regex.Pattern;

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
        List<String> expected = new ArrayList<>();
        for (int tick = 0; tick < 100; tick++) {
            send("tick " + tick, "whole " + tick);
            quick.awaitOne();
            expected.add(tick == 0 ? "whole 0" : "tick " + tick);
        }
        assertThat(streams.lost()).isEqualTo(1);

        reads.countDown();
        slow.awaitOne();
        while (!slow.caughtUp()) {
            send("tick", "whole again");
            quick.awaitOne();
            expected.add("tick");
        }
        streams.end(Duration.ofSeconds(10));

        assertThat(quick.frames()).isEqualTo(expected);
        assertThat(slow.frames()).hasSizeLessThan(50).startsWith("whole 0").contains("whole again");
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

    /** A page that begins to read when it is let. */
    private static final class Page {
        private final List<String> frames = new ArrayList<>();
        private final Semaphore arrived = new Semaphore(0);

        Page(EventStreams streams, CountDownLatch reads) {
            EventStreams.Stream stream = Objects.requireNonNull(streams.open());
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

        void awaitOne() {
            arrived.acquireUninterruptibly();
        }

        synchronized boolean caughtUp() {
            return frames.contains("whole again");
        }

        synchronized List<String> frames() {
            return List.copyOf(frames);
        }

        private synchronized void add(String frame) {
            frames.add(frame);
            arrived.release();
        }

        private final class Reader extends OutputStream {
            private final CountDownLatch reads;
            private final ByteArrayOutputStream event = new ByteArrayOutputStream();

            Reader(CountDownLatch reads) {
                this.reads = reads;
            }

            private void awaitLeave() {
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
