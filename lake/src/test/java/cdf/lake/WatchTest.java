package cdf.lake;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class WatchTest {
    private static final int PARTITIONS = 4;

    private static SparkSession spark;
    private static Path directory;
    private static EmbeddedBroker broker;
    private static int topicNumber;

    private final String topic = "topic-" + topicNumber++;
    private final Recorder recorder = new Recorder();
    private Topics topics;
    private Watch watch;
    private CompletableFuture<Void> watching = CompletableFuture.completedFuture(null);

    WatchTest() {
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
        watch = new Watch(topics, topic, Map.of(), recorder);
    }

    @BeforeAll
    static void startSparkAndBroker(@TempDir Path temporary) {
        spark = TestSpark.session();
        directory = temporary;
        broker = startBroker(0);
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @BeforeEach
    void createTopic() {
        topics.ensure(topic, PARTITIONS);
    }

    @AfterEach
    void stopWatching() throws Exception {
        watch.stop();
        watching.get(30, TimeUnit.SECONDS);
        topics.close();
    }

    @Test
    void everyRecordIsReportedOnceAndInTheOrderOfItsPartition() throws Exception {
        publish(0, 5_000);
        start();
        Await.until("what was there is reported", () -> recorder.count() >= 5_000);
        publish(5_000, 10_000);
        Await.until("what came later is reported", () -> recorder.count() >= 10_000);

        assertReportedOnceUpTo(topics.endOffsets(topic));
        assertThat(recorder.count()).isEqualTo(10_000);
        assertThat(recorder.offsets()).hasSize(PARTITIONS);
        assertThat(recorder.records().map(record -> record.key().orElseThrow()).distinct())
                .hasSize(10_000);
        assertThat(recorder.records()).allSatisfy(record -> {
            ChangeEvent event = ((Decoded.Accepted) record.decoded()).event();
            assertThat(event.after().orElseThrow().columns().get("id"))
                    .hasToString("Text[text=" + record.key().orElseThrow() + "]");
        });
    }

    @Test
    void unreadableRecordIsReportedWithItsReasonAndTheStreamGoesOn() throws Exception {
        start();
        try (Publisher publisher = open()) {
            publisher.send(utf8("k"), utf8("{\"op\":\"x\"}"), System.nanoTime());
            publisher.send(utf8("k"), utf8("["), System.nanoTime());
            publisher.send(utf8("k"), utf8("[".repeat(5_000)), System.nanoTime());
            publisher.send(utf8("k"), null, System.nanoTime());
            publisher.send(utf8("k"), new byte[] {(byte) 0xFF}, System.nanoTime());
            publisher.send(utf8("k"), event("k"), System.nanoTime());
        }

        Await.until("all are reported", () -> recorder.count() >= 6);

        List<WatchedRecord> records = recorder.records().toList();
        assertThat(records).extracting(WatchedRecord::offset).containsExactly(0L, 1L, 2L, 3L, 4L, 5L);
        assertThat(recorder.rejected()).extracting(WatchedRecord::offset).containsExactly(0L, 1L, 2L, 4L);
        assertThat(records.get(0).decoded())
                .isEqualTo(new Decoded.Rejected("\"op\" is \"x\", which is no known operation"));
        assertThat(((Decoded.Accepted) records.get(3).decoded()).event())
                .isEqualTo(new ChangeEvent.Tombstone(records.get(3).timestampMillis()));
    }

    @Test
    void recordWithoutKeyHasNone() throws Exception {
        start();
        try (Publisher publisher = open()) {
            publisher.send(null, event("a"), System.nanoTime());
        }

        Await.until("it is reported", () -> recorder.count() == 1);

        assertThat(recorder.records()).singleElement().satisfies(record -> assertThat(record.key())
                .isEmpty());
    }

    @Test
    void watchBeginsAtTheOffsetsItIsGivenAndElsewhereAtTheBeginning() throws Exception {
        publish(0, 400);
        Map<Integer, Long> ends = topics.endOffsets(topic);
        watch = new Watch(topics, topic, Map.of(1, 5L, 2, ends.getOrDefault(2, 0L)), recorder);
        long expected = 400 - 5 - ends.getOrDefault(2, 0L);

        start();
        Await.until("the rest is reported", () -> recorder.count() >= expected);
        publish(400, 500);
        Await.until("what came later is reported", () -> recorder.count() >= expected + 100);

        assertThat(recorder.count()).isEqualTo(expected + 100);
        assertThat(recorder.firstOffset(0)).isZero();
        assertThat(recorder.firstOffset(1)).isEqualTo(5);
        assertThat(recorder.firstOffset(2)).isEqualTo(ends.getOrDefault(2, 0L));
    }

    @Test
    void missingTopicIsWaitedFor() throws Exception {
        String missing = topic + "-missing";
        watch = new Watch(topics, missing, Map.of(), recorder);
        start();
        Await.until("the waiting is told", () -> recorder.noticed("waiting for the topic " + missing));

        topics.ensure(missing, 1);
        try (Publisher publisher = Publisher.open(topics.connection(), missing, Duration.ZERO)) {
            publisher.send(utf8("k"), event("k"), System.nanoTime());
        }

        Await.until("its record is reported", () -> recorder.count() == 1);
        assertThat(recorder.notices()).hasSize(1);
    }

    @Test
    void brokerThatGoesAwayWhileTheTopicIsMissingIsWaitedFor() throws Exception {
        String missing = topic + "-missing";
        watch = new Watch(topics, missing, Map.of(), recorder);
        start();
        Await.until("the waiting is told", () -> recorder.noticed("waiting for the topic " + missing));
        broker.close();
        Await.until("that the broker is away is told", () -> recorder.noticed("is away") || watching.isDone());
        restartBroker();

        topics.ensure(missing, 1);
        try (Publisher publisher = Publisher.open(topics.connection(), missing, Duration.ZERO)) {
            publisher.send(utf8("k"), event("k"), System.nanoTime());
        }

        Await.until("its record is reported", () -> recorder.count() == 1 || watching.isDone());
        assertThat(recorder.count()).isEqualTo(1);
    }

    @Test
    void partitionsThatAreAddedAreWatchedTooAndSoon() throws Exception {
        publish(0, 100);
        start();
        Await.until("what was there is reported", () -> recorder.count() >= 100);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(PARTITIONS + 2)))
                    .all()
                    .get();
        }
        Await.until("the partitions are there", () -> topics.endOffsets(topic).size() == PARTITIONS + 2);
        publish(100, 1_100);

        Await.until("what came later is reported", () -> recorder.count() >= 1_100 || watching.isDone());

        assertReportedOnceUpTo(topics.endOffsets(topic));
        assertThat(recorder.offsets()).hasSize(PARTITIONS + 2);
    }

    @Test
    void brokerThatGoesAwayAndReturnsLosesAndDoublesNothing() throws Exception {
        publish(0, 1_000);
        start();
        Await.until("what was there is reported", () -> recorder.count() >= 1_000);
        broker.close();
        Await.until("that the broker is away is told", () -> recorder.noticed("is away") || watching.isDone());
        restartBroker();
        publish(1_000, 2_000);

        Await.until("what came later is reported", () -> recorder.count() >= 2_000 || watching.isDone());

        assertReportedOnceUpTo(topics.endOffsets(topic));
        Await.until("that the broker is back is told", () -> recorder.noticed("is back") || watching.isDone());
    }

    @Test
    void shortAbsenceOfTheBrokerIsSurvivedTwiceEvenWhenNothingHappensInBetween() throws Exception {
        publish(0, 10);
        start();
        Await.until("what was there is reported", () -> recorder.count() >= 10);
        broker.close();
        restartBroker();
        broker.close();
        restartBroker();
        publish(10, 20);

        Await.until("what came later is reported", () -> recorder.count() >= 20 || watching.isDone());

        assertReportedOnceUpTo(topics.endOffsets(topic));
    }

    @Test
    void settingsThatSparkReservesForItselfDoNotKeepItFromWatching() throws Exception {
        publish(0, 10);
        Map<String, String> reserved = Map.of(
                "enable.auto.commit", "false",
                "auto.offset.reset", "latest",
                "key.deserializer", "org.apache.kafka.common.serialization.StringDeserializer",
                "request.timeout.ms", "40000",
                "client.id", "mine");
        try (Topics same = Topics.connect(new KafkaConnection(broker.bootstrapServer(), reserved))) {
            watch = new Watch(same, topic, Map.of(), recorder);
            start();

            Await.until("all are reported", () -> recorder.count() >= 10 || watching.isDone());
            watch.stop();
            watching.get(30, TimeUnit.SECONDS);
        }
        assertThat(recorder.count()).isEqualTo(10);
    }

    @Test
    void stopEndsTheWatchPromptlyAndForGood() throws Exception {
        publish(0, 10);
        start();
        Await.until("what was there is reported", () -> recorder.count() >= 10);
        long begin = System.nanoTime();

        watch.stop();
        watching.get(30, TimeUnit.SECONDS);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
        watch.run(spark);
        assertThat(recorder.count()).isEqualTo(10);
    }

    @Test
    void stopEndsTheWatchPromptlyWhileTheBrokerIsAway() throws Exception {
        publish(0, 10);
        start();
        Await.until("what was there is reported", () -> recorder.count() >= 10);
        broker.close();
        Await.until("that the broker is away is told", () -> recorder.noticed("is away"));
        long begin = System.nanoTime();

        watch.stop();
        try {
            watching.get(30, TimeUnit.SECONDS);
        } finally {
            restartBroker();
        }

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(15));
    }

    @Test
    void streamThatCannotGoOnEndsTheWatchWithTheReason() {
        publish(0, 10);
        watch = new Watch(topics, topic, Map.of(0, 1_000_000L), recorder);

        CdfException failure = catchThrowableOfType(CdfException.class, () -> watch.run(spark));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem()).contains(topic);
    }

    private void start() {
        watching = CompletableFuture.runAsync(() -> watch.run(spark));
    }

    private void assertReportedOnceUpTo(Map<Integer, Long> ends) throws Exception {
        if (watching.isDone()) {
            watching.get();
        }
        Map<Integer, List<Long>> expected = ends.entrySet().stream()
                .filter(end -> end.getValue() > 0)
                .collect(Collectors.toMap(
                        Map.Entry::getKey,
                        end -> LongStream.range(0, end.getValue()).boxed().toList()));
        assertThat(recorder.offsets()).isEqualTo(expected);
    }

    private void publish(int from, int to) {
        try (Publisher publisher = open()) {
            for (int number = from; number < to; number++) {
                String id = Integer.toString(number);
                publisher.send(utf8(id), event(id), System.nanoTime());
            }
            publisher.flush();
        }
    }

    private Publisher open() {
        return Publisher.open(topics.connection(), topic, Duration.ZERO);
    }

    private static byte[] event(String id) {
        return utf8("{\"op\":\"c\",\"ts_ms\":1,\"before\":null,\"after\":{\"id\":\"" + id + "\"}}");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void restartBroker() {
        String address = broker.bootstrapServer();
        broker = startBroker(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
    }

    private static EmbeddedBroker startBroker(int port) {
        return EmbeddedBroker.start(new BrokerSettings(directory, port, Map.of("auto.create.topics.enable", "false")));
    }
}
