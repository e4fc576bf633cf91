package cdf.kafka;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class PublisherTest {
    private static final String TOPIC = "users";

    private final Path directory;
    private EmbeddedBroker broker;

    PublisherTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeEach
    void startBroker() {
        startBroker(0);
    }

    @AfterEach
    void closeBroker() {
        broker.close();
    }

    @Test
    void whatIsAcknowledgedIsCountedInRecordsAndBytes() {
        Publisher publisher = open(Map.of());
        try (publisher) {
            publisher.send(utf8("key"), utf8("value"), System.nanoTime());
            publisher.send(utf8("key"), null, System.nanoTime());
            publisher.send(null, utf8("value"), System.nanoTime());
            publisher.flush();
        }

        assertThat(publisher.sent()).isEqualTo(3);
        assertThat(publisher.acknowledged()).isEqualTo(3);
        assertThat(publisher.acknowledgedBytes()).isEqualTo(3 + 5 + 3 + 5);
        assertThat(TopicReader.readAll(broker.bootstrapServer(), TOPIC)).hasSize(3);
    }

    @Test
    void placeOfARecordIsToldBeforeAFlushEnds() {
        List<String> places = new ArrayList<>();
        try (Publisher publisher = open(Map.of())) {
            publisher.send(utf8("key"), utf8("first"), System.nanoTime());
            publisher.send(
                    utf8("key"),
                    utf8("value"),
                    System.nanoTime(),
                    (partition, offset) -> places.add(partition + "@" + offset));
            publisher.flush();

            assertThat(places).containsExactly("0@1");
            assertThat(publisher.acknowledged()).isEqualTo(2);
        }
    }

    @Test
    void brokerThatAcknowledgesNothingTellsNoPlace() {
        List<Long> offsets = new ArrayList<>();
        try (Publisher publisher = open(Map.of("acks", "0", "enable.idempotence", "false"))) {
            publisher.send(utf8("key"), utf8("value"), System.nanoTime(), (partition, offset) -> offsets.add(offset));
            publisher.flush();
        }

        assertThat(offsets).containsExactly(-1L);
    }

    @Test
    void latencyCountsFromWhenTheRecordWasDue() {
        Duration late = Duration.ofSeconds(3);
        Publisher publisher = open(Map.of());
        try (publisher) {
            publisher.send(null, utf8("late"), System.nanoTime() - late.toNanos());
            assertThatIllegalStateException().isThrownBy(publisher::latencyMicros);
        }

        assertThat(publisher.latencyMicros().getTotalCount()).isEqualTo(1);
        assertThat(publisher.latencyMicros().getMaxValue()).isGreaterThanOrEqualTo(late.toNanos() / 1000);
    }

    @Test
    void closingSendsWhatIsBuffered() {
        Publisher publisher =
                Publisher.open(new KafkaConnection(broker.bootstrapServer()), TOPIC, Duration.ofMinutes(1));
        try (publisher) {
            publisher.send(null, utf8("value"), System.nanoTime());
        }
        publisher.close();

        assertThat(publisher.acknowledged()).isEqualTo(1);
    }

    @Test
    void recordThatFailsEndsTheSendingAndIsNotCounted() {
        Publisher publisher = open(Map.of("max.request.size", "10000"));
        try (publisher) {
            publisher.send(null, utf8("small"), System.nanoTime());
            publisher.flush();
            publisher.send(null, new byte[20_000], System.nanoTime());

            CdfException atFlush = catchThrowableOfType(CdfException.class, publisher::flush);
            CdfException atNextSend = catchThrowableOfType(
                    CdfException.class, () -> publisher.send(null, utf8("more"), System.nanoTime()));

            assertThat(atFlush.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(atFlush.problem())
                    .startsWith("sending to users failed: ")
                    .contains("RecordTooLarge");
            assertThat(atNextSend.problem()).isEqualTo(atFlush.problem());
        }

        assertThat(publisher.acknowledged()).isEqualTo(1);
        assertThat(publisher.acknowledgedBytes()).isEqualTo(5);
    }

    @Test
    void brokerThatIsAwayTooLongFailsTheSending() {
        Publisher publisher =
                open(Map.of("delivery.timeout.ms", "1000", "request.timeout.ms", "500", "max.block.ms", "1000"));
        try (publisher) {
            publisher.send(null, utf8("first"), System.nanoTime());
            publisher.flush();
            broker.close();
            publisher.send(null, utf8("second"), System.nanoTime());

            CdfException failure = catchThrowableOfType(CdfException.class, publisher::flush);

            assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
            assertThat(failure.problem()).contains("no broker answers at " + broker.bootstrapServer());
        }

        assertThat(publisher.acknowledged()).isEqualTo(1);
    }

    @Test
    void brokerThatGoesAwayAndReturnsHasEveryRecordOnceAndInOrder() {
        String address = broker.bootstrapServer();
        int port = Integer.parseInt(address.substring(address.indexOf(':') + 1));
        Publisher publisher = open(Map.of());
        try (publisher) {
            send(publisher, 0, 1_000);
            publisher.flush();
            broker.close();
            // The client may forget the topic while no broker is there; sending then waits for one.
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> send(publisher, 1_000, 2_000));
            startBroker(port);
            sending.join();
            send(publisher, 2_000, 3_000);
            publisher.flush();
        }

        assertThat(publisher.acknowledged()).isEqualTo(3_000);
        List<Integer> read = TopicReader.readAll(address, TOPIC).stream()
                .map(ConsumerRecord::value)
                .map(value -> Integer.valueOf(new String(value, StandardCharsets.UTF_8)))
                .toList();
        assertThat(read)
                .containsExactlyElementsOf(IntStream.range(0, 3_000).boxed().toList());
    }

    private static void send(Publisher publisher, int from, int to) {
        for (int number = from; number < to; number++) {
            publisher.send(null, utf8(Integer.toString(number)), System.nanoTime());
        }
    }

    private Publisher open(Map<String, String> properties) {
        return Publisher.open(new KafkaConnection(broker.bootstrapServer(), properties), TOPIC, Duration.ZERO);
    }

    private void startBroker(int port) {
        broker = EmbeddedBroker.start(
                new BrokerSettings(directory.resolve("data"), port, Map.of("num.partitions", "1")));
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
