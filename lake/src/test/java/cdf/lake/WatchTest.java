package cdf.lake;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.Decoded;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

class WatchTest {
    private static final int PARTITIONS = 4;
    private static LocalSpark spark;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startSpark() {
        spark = LocalSpark.start();
    }

    @AfterAll
    static void stopSpark() {
        spark.close();
    }

    @Test
    void reportsEveryRecordOnceAndInTheOrderOfItsPartition() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure("changes", PARTITIONS);
            publish(topics, "changes", 0, 5_000);
            Recorder recorder = new Recorder();
            Watch watch = new Watch(topics, "changes", Map.of(), recorder);

            CompletableFuture<Void> running = CompletableFuture.runAsync(() -> watch.run(spark.session()));
            await(() -> recorder.records.size() == 5_000);
            publish(topics, "changes", 5_000, 10_000);
            await(() -> recorder.records.size() >= 10_000);
            watch.stop();
            running.get(1, TimeUnit.MINUTES);

            recorder.requireEveryOffsetOnceInOrder(topics.endOffsets("changes"));
        }
    }

    @Test
    void anUnreadableRecordIsReportedWithItsReasonAndTheStreamGoesOn() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure("changes", 1);
            Recorder recorder = new Recorder();
            Watch watch = new Watch(topics, "changes", Map.of(), recorder);
            try (Publisher publisher = Publisher.open(topics.connection(), "changes", Duration.ZERO)) {
                publisher.send(null, utf8(event(1)), System.nanoTime());
                publisher.send(utf8("k"), utf8("{\"op\":"), System.nanoTime());
                publisher.send(null, utf8(event(2)), System.nanoTime());
            }

            CompletableFuture<Void> running = CompletableFuture.runAsync(() -> watch.run(spark.session()));
            await(() -> recorder.records.size() == 3);
            watch.stop();
            running.get(1, TimeUnit.MINUTES);

            assertThat(recorder.records.get(0).decoded()).isInstanceOf(Decoded.Accepted.class);
            WatchedRecord rejected = recorder.records.get(1);
            assertThat(rejected.offset()).isEqualTo(1);
            assertThat(rejected.key()).contains("k");
            assertThat(rejected.decoded())
                    .isInstanceOfSatisfying(Decoded.Rejected.class, reason -> assertThat(reason.reason())
                            .startsWith("not JSON"));
            assertThat(recorder.records.get(2).decoded()).isInstanceOf(Decoded.Accepted.class);
        }
    }

    @Test
    void waitsForATopicThatDoesNotExistAndSaysSo() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            Recorder recorder = new Recorder();
            Watch watch = new Watch(topics, "later", topics.endOffsets("later"), recorder);

            CompletableFuture<Void> running = CompletableFuture.runAsync(() -> watch.run(spark.session()));
            await(() -> recorder.notices.stream().anyMatch(notice -> notice.contains("later")));
            topics.ensure("later", 1);
            publish(topics, "later", 0, 10);
            await(() -> recorder.records.size() == 10);
            watch.stop();
            running.get(1, TimeUnit.MINUTES);

            recorder.requireEveryOffsetOnceInOrder(topics.endOffsets("later"));
        }
    }

    @Test
    void beginsWhereItIsTold() throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure("changes", PARTITIONS);
            publish(topics, "changes", 0, 100);
            Map<Integer, Long> end = topics.endOffsets("changes");
            publish(topics, "changes", 100, 150);
            Recorder recorder = new Recorder();
            Watch watch = new Watch(topics, "changes", end, recorder);

            CompletableFuture<Void> running = CompletableFuture.runAsync(() -> watch.run(spark.session()));
            await(() -> recorder.records.size() == 50);
            watch.stop();
            running.get(1, TimeUnit.MINUTES);

            assertThat(recorder.records).allSatisfy(record -> assertThat(record.offset())
                    .isGreaterThanOrEqualTo(end.get(record.partition())));
        }
    }

    @Test
    void aBrokerThatGoesAwayAndComesBackCostsNoRecordAndShowsNoneTwice() throws Exception {
        Recorder recorder = new Recorder();
        EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
        int port = Integer.parseInt(broker.bootstrapServer().replaceFirst(".*:", ""));
        try (Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure("changes", PARTITIONS);
            publish(topics, "changes", 0, 500);
            Watch watch = new Watch(topics, "changes", Map.of(), recorder);
            CompletableFuture<Void> running = CompletableFuture.runAsync(() -> watch.run(spark.session()));
            await(() -> recorder.records.size() == 500);

            broker.close();
            await(() -> !topics.reachable());
            broker = EmbeddedBroker.start(new BrokerSettings(directory, port, Map.of()));
            publish(topics, "changes", 500, 1_000);
            await(() -> recorder.records.size() >= 1_000);
            watch.stop();
            running.get(1, TimeUnit.MINUTES);

            recorder.requireEveryOffsetOnceInOrder(topics.endOffsets("changes"));
        } finally {
            broker.close();
        }
    }

    private static void publish(Topics topics, String topic, int from, int to) {
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ofMillis(5))) {
            for (int number = from; number < to; number++) {
                publisher.send(utf8("key-" + number), utf8(event(number)), System.nanoTime());
            }
            publisher.flush();
        }
    }

    private static String event(int number) {
        return "{\"op\":\"c\",\"ts_ms\":" + number + ",\"before\":null,\"after\":{\"id\":\"" + number + "\"}}";
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void await(BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
            TimeUnit.MILLISECONDS.sleep(20);
        }
    }

    private static final class Recorder implements WatchListener {
        final List<WatchedRecord> records = new CopyOnWriteArrayList<>();
        final List<String> notices = new CopyOnWriteArrayList<>();

        @Override
        public void onRecord(WatchedRecord record) {
            records.add(record);
        }

        @Override
        public void onNotice(String notice) {
            notices.add(notice);
        }

        void requireEveryOffsetOnceInOrder(Map<Integer, Long> endOffsets) {
            Map<Integer, List<Long>> offsets = records.stream()
                    .collect(Collectors.groupingBy(
                            WatchedRecord::partition, Collectors.mapping(WatchedRecord::offset, Collectors.toList())));
            endOffsets.forEach((partition, end) -> assertThat(offsets.getOrDefault(partition, List.of()))
                    .as("offsets of partition " + partition)
                    .isEqualTo(IntStream.range(0, Math.toIntExact(end))
                            .mapToObj(Long::valueOf)
                            .toList()));
        }
    }
}
