package cdf.lake;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import org.apache.hadoop.fs.FileUtil;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class ApplyTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");
    private static final int PARTITIONS = 2;
    private static final int IDS = 50;

    private static SparkSession spark;
    private static Path brokerDirectory;
    private static EmbeddedBroker broker;
    private static int topicNumber;

    private final String topic = "applied-" + topicNumber++;
    private final ApplyRecorder recorder = new ApplyRecorder();
    private final List<Running> applying = new ArrayList<>();

    /** The table that the events sent so far add up to. */
    private final Map<String, Long> truth = new TreeMap<>();

    private int sent;
    private Topics topics;
    private Admin admin;

    @TempDir
    private Path directory;

    private String table = "";

    ApplyTest() {
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
        admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()));
    }

    @BeforeAll
    static void startSparkAndBroker(@TempDir Path temporary) {
        spark = TestSpark.session();
        brokerDirectory = temporary;
        broker = startBroker(0);
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @BeforeEach
    void createTopic() {
        table = directory.resolve("users").toString();
        topics.ensure(topic, PARTITIONS);
    }

    @AfterEach
    void stopApplying() throws Exception {
        applying.forEach(each -> each.apply().stop());
        for (Running each : applying) {
            var unused = each.summary().handle((summary, failure) -> true).get(60, TimeUnit.SECONDS);
        }
        admin.close();
        topics.close();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void runningOnceAgainAppliesNothingTwice(boolean keepCheckpoint) {
        Path checkpoint = directory.resolve("checkpoint");
        publish(300);
        ApplySummary first = once(Optional.of(checkpoint.toString())).run(spark);
        if (!keepCheckpoint) {
            assertThat(FileUtil.fullyDelete(checkpoint.toFile())).isTrue();
        }

        ApplySummary second = once(Optional.of(checkpoint.toString())).run(spark);

        assertThat(first.accounting().read()).isEqualTo(300);
        assertThat(second.accounting()).isEqualTo(Accounting.NONE);
        assertThat(second.rows()).isEqualTo(first.rows()).isEqualTo(truth.size());
        assertThat(second.positions()).isEqualTo(first.positions()).isEqualTo(topics.endOffsets(topic));
        assertThat(second.tableVersion()).isEqualTo(first.tableVersion());
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void laterRunGoesOnWhereTheEarlierStopped() {
        publish(300);
        once().run(spark);
        publish(200);

        ApplySummary second = once().run(spark);

        assertThat(second.accounting().read()).isEqualTo(200);
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void topicCreatedAgainWithFewerRecordsEndsTheRun() throws Exception {
        publish(300);
        once().run(spark);
        createAgain(PARTITIONS);
        publishElsewhere(20);

        assertRefused("has 0 to");
    }

    @Test
    void topicCreatedAgainWithMoreRecordsEndsTheRun() throws Exception {
        publish(100);
        once().run(spark);
        createAgain(PARTITIONS);
        publishElsewhere(500);

        assertRefused("has 0 to");
    }

    @Test
    void topicCreatedAgainAndEmptyEndsTheRun() throws Exception {
        publish(100);
        once().run(spark);
        createAgain(PARTITIONS);

        assertRefused("has no records there, and ends at 0");
    }

    @Test
    void topicCreatedAgainWithFewerPartitionsEndsTheRun() throws Exception {
        publish(100);
        once().run(spark);
        createAgain(1);
        publishElsewhere(500);

        assertRefused("partition");
    }

    @Test
    void topicTruncatedPastThePositionEndsTheRun() throws Exception {
        publish(100);
        once().run(spark);
        publish(100);
        truncateBehind(1);

        CdfException failure = assertRefused("has no records there, and ends at " + end(1));
        assertThat(failure.problem()).contains("is gone from " + topic);
    }

    @Test
    void topicTruncatedUpToThePositionIsGoneOnWith() throws Exception {
        publish(100);
        once().run(spark);
        truncateBehind(0);
        truncateBehind(1);
        publish(100);

        ApplySummary summary = once().run(spark);

        assertThat(summary.accounting().read()).isEqualTo(100);
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void topicThatLostItsBeginningBeforeTheFirstRunIsAppliedFromWhatIsThere() throws Exception {
        publishElsewhere(100);
        truncateBehind(0);
        truncateBehind(1);
        publish(100);

        ApplySummary summary = once().run(spark);

        assertThat(summary.accounting().read()).isEqualTo(100);
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void topicCreatedAgainWhileItRunsEndsTheRun() throws Exception {
        publish(100);
        Running running = start(continuous(recorder));
        awaitRead(100, running);
        long version = version();

        createAgain(PARTITIONS);

        CdfException failure = failureOf(running);
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem()).contains("the topic " + topic + " is not the one that");
        assertThat(version()).isEqualTo(version);
    }

    /** Spark and Kafka's client know a topic by its name alone: they read on in the new one. */
    @Test
    void topicCreatedAgainJustBeforeABatchIsReadEndsTheRunAndTheBatchIsNotApplied() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch createdAgain = new CountDownLatch(1);
        ApplyRecorder waiting = new ApplyRecorder() {
            @Override
            public void onStep(ApplyStep step) {
                super.onStep(step);
                if (step == ApplyStep.BATCH_STARTED && startedBatches() == 1) {
                    begun.countDown();
                    awaitUninterrupted(createdAgain);
                }
            }
        };
        publish(100);
        once().run(spark);
        publish(100);
        Running running = start(continuous(waiting));
        begun.await();
        Map<String, Long> before = balances();
        createAgain(PARTITIONS);
        publishElsewhere(500);

        createdAgain.countDown();

        assertThat(failureOf(running).problem()).contains("the topic " + topic + " is not the one that");
        assertThat(balances()).isEqualTo(before);
    }

    @Test
    void partitionAddedWhileItRunsIsAppliedToo() throws Exception {
        publish(100);
        Running running = start(continuous(recorder));
        awaitRead(100, running);
        admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(PARTITIONS + 1)))
                .all()
                .get();
        Await.until("the partition is there", () -> topics.endOffsets(topic).size() == PARTITIONS + 1);
        send(PARTITIONS, "new", 7);

        awaitRead(101, running);
        stop(running);

        assertThat(balances()).isEqualTo(truth).containsEntry("new", 7L);
    }

    @Test
    void brokerThatGoesAwayAndReturnsLosesAndDoublesNothing() throws Exception {
        publish(300);
        Running running = start(continuous(recorder));
        awaitRead(300, running);
        broker.close();
        Await.until("that the broker is away is told", () -> recorder.noticed("is away") || running.isDone());
        restartBroker();
        publish(300);

        awaitRead(600, running);
        Await.until("that the broker is back is told", () -> recorder.noticed("is back") || running.isDone());
        ApplySummary summary = stop(running);

        assertThat(summary.accounting().read()).isEqualTo(600);
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void ofTwoAppliersOnOneTableOneFailsAndNothingIsAppliedTwice() throws Exception {
        publish(200);
        ApplyRecorder other = new ApplyRecorder();
        Running one = start(continuous(recorder));
        Running two = start(continuous(other));
        while (!one.isDone() && !two.isDone()) {
            publish(50);
        }

        boolean oneFailed = one.isDone();
        Running alive = oneFailed ? two : one;
        CdfException failure = failureOf(oneFailed ? one : two);
        long readByTheFailed = (oneFailed ? recorder : other).read();
        Await.until("all is applied", () -> recorder.read() + other.read() >= sent || alive.isDone());
        ApplySummary summary = stop(alive);

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem()).contains("somebody else applies the topic " + topic + " to");
        assertThat(summary.accounting().read() + readByTheFailed).isEqualTo(sent);
        assertThat(summary.rows()).isEqualTo(truth.size());
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void stopInTheMiddleOfMuchWorkEndsWithWholeCommits() throws Exception {
        publish(5_000);
        Running running = start(apply(Optional.empty(), false, 100, recorder));
        awaitRead(300, running);

        ApplySummary summary = stop(running);

        assertThat(summary.accounting().read()).isEqualTo(recorder.read()).isLessThan(5_000);
        assertThat(summary.positions().values().stream()
                        .mapToLong(Long::longValue)
                        .sum())
                .isEqualTo(recorder.read());
        assertThat(balances()).hasSize(Math.toIntExact(summary.rows()));
        once().run(spark);
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void stopWhileNothingIsToDoIsPrompt() throws Exception {
        publish(10);
        Running running = start(continuous(recorder));
        awaitRead(10, running);
        long begin = System.nanoTime();

        stop(running);

        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(5));
    }

    /** The stream's thread is about to take the next batch, and the one that stops it waits for the stream's to end. */
    @Test
    void stopJustBeforeABatchIsPrompt() throws Exception {
        for (int round = 0; round < 4; round++) {
            publish(10);
            ApplyRecorder ofRound = new ApplyRecorder();
            Running running = start(continuous(ofRound));
            Await.until("something is applied", () -> ofRound.read() > 0 || running.isDone());
            publish(10);
            stop(running);
        }

        once().run(spark);

        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void topicThatIsMissingEndsARunOnce() {
        String missing = topic + "-missing";
        Apply apply = new Apply(topics, settings(missing, Optional.empty(), true, 1_000), recorder);

        CdfException failure = catchThrowableOfType(CdfException.class, () -> apply.run(spark));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem()).contains("there is no topic " + missing);
        assertThat(Path.of(table)).doesNotExist();
    }

    @Test
    void topicThatIsMissingIsWaitedForByAContinuousRun() throws Exception {
        String missing = topic + "-missing";
        Running running = start(new Apply(topics, settings(missing, Optional.empty(), false, 1_000), recorder));
        Await.until("the waiting is told", () -> recorder.noticed("waiting for the topic " + missing));

        topics.ensure(missing, 1);
        try (Publisher publisher = Publisher.open(topics.connection(), missing, Duration.ZERO)) {
            publisher.send(utf8("a"), upsert("a", 5), System.nanoTime());
        }

        awaitRead(1, running);
        stop(running);
        assertThat(recorder.notices()).hasSize(1);
        assertThat(balances()).isEqualTo(Map.of("a", 5L));
    }

    @Test
    void aRunThatIsStoppedWhileItWaitsKnowsTheRows() throws Exception {
        publish(20);
        once().run(spark);
        admin.deleteTopics(List.of(topic)).all().get();
        Running running = start(continuous(recorder));
        Await.until("the waiting is told", () -> recorder.noticed("waiting for the topic " + topic));

        ApplySummary summary = stop(running);

        assertThat(summary.rows()).isEqualTo(truth.size());
    }

    @Test
    void bugEndsTheRunAtOnceAndLosesNothing() {
        publish(100);
        ApplyRecorder withBug = new ApplyRecorder() {
            @Override
            public void onStep(ApplyStep step) {
                super.onStep(step);
                if (step == ApplyStep.FILES_WRITTEN) {
                    throw new IllegalStateException("a bug");
                }
            }
        };

        assertThatThrownBy(() -> continuous(withBug).run(spark))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("a bug");

        assertThat(withBug.startedBatches()).isEqualTo(1);
        once().run(spark);
        assertThat(balances()).isEqualTo(truth);
    }

    @Test
    void bugAfterTheCommitIsNoReasonToApplyTheBatchAgain() {
        publish(100);
        ApplyRecorder withBug = new ApplyRecorder() {
            @Override
            public void onBatch(AppliedBatch batch) {
                throw new IllegalStateException("a bug");
            }
        };

        assertThatThrownBy(() -> continuous(withBug).run(spark)).hasMessage("a bug");

        assertThat(once().run(spark).accounting()).isEqualTo(Accounting.NONE);
        assertThat(balances()).isEqualTo(truth);
    }

    /** The batch that runs when a run is stopped may fail: that must not look like an end in order. */
    @Test
    void bugInTheLastBatchOfAStoppedRunIsTold() throws Exception {
        publish(100);
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch stopped = new CountDownLatch(1);
        ApplyRecorder withBug = new ApplyRecorder() {
            @Override
            public void onStep(ApplyStep step) {
                if (step == ApplyStep.FILES_WRITTEN) {
                    begun.countDown();
                    awaitUninterrupted(stopped);
                    throw new IllegalStateException("a bug");
                }
            }
        };
        Apply apply = continuous(withBug);
        Running running = start(apply);
        begun.await();

        apply.stop();
        stopped.countDown();

        assertThatThrownBy(() -> running.summary().get(60, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("a bug");
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
        }
    }

    private CdfException assertRefused(String whatIsThere) {
        Map<String, Long> before = balances();
        long version = version();

        CdfException failure = catchThrowableOfType(CdfException.class, () -> once().run(spark));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem())
                .contains(topic, "in partition ", "the table ", "stands at offset ", "and the topic ", whatIsThere);
        assertThat(version()).isEqualTo(version);
        assertThat(balances()).isEqualTo(before);
        return failure;
    }

    private Apply once() {
        return once(Optional.empty());
    }

    private Apply once(Optional<String> checkpoint) {
        return apply(checkpoint, true, ApplySettings.DEFAULT_MAX_BATCH_EVENTS, new ApplyRecorder());
    }

    private Apply continuous(ApplyListener listener) {
        return apply(Optional.empty(), false, ApplySettings.DEFAULT_MAX_BATCH_EVENTS, listener);
    }

    private Apply apply(Optional<String> checkpoint, boolean once, long maxBatchEvents, ApplyListener listener) {
        return new Apply(topics, settings(topic, checkpoint, once, maxBatchEvents), listener);
    }

    private ApplySettings settings(String of, Optional<String> checkpoint, boolean once, long maxBatchEvents) {
        return new ApplySettings(of, SCHEMA, table, checkpoint, once, Duration.ZERO, maxBatchEvents, Optional.empty());
    }

    private Running start(Apply apply) {
        Running running = new Running(apply, CompletableFuture.supplyAsync(() -> apply.run(spark)));
        applying.add(running);
        return running;
    }

    private static ApplySummary stop(Running running) throws Exception {
        running.apply().stop();
        return running.summary().get(60, TimeUnit.SECONDS);
    }

    /** A run in a thread of its own, and what comes of it. */
    private record Running(Apply apply, CompletableFuture<ApplySummary> summary) {
        boolean isDone() {
            return summary.isDone();
        }
    }

    private void awaitRead(long events, Running running) throws InterruptedException {
        Await.until(events + " events are read", () -> recorder.read() >= events || running.isDone());
        assertThat(running.isDone()).isFalse();
    }

    private static CdfException failureOf(Running running) throws Exception {
        ExecutionException failure = catchThrowableOfType(
                ExecutionException.class, () -> running.summary().get(60, TimeUnit.SECONDS));
        assertThat(failure).hasCauseInstanceOf(CdfException.class);
        return (CdfException) Objects.requireNonNull(failure.getCause());
    }

    /** Sends so many upserts and deletes. */
    private void publish(int events) {
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            for (int event = 0; event < events; event++) {
                String id = "user-" + sent * 7 % IDS;
                boolean delete = sent % 5 == 4;
                publisher.send(utf8(id), delete ? deletion(id) : upsert(id, sent), System.nanoTime());
                if (delete) {
                    truth.remove(id);
                } else {
                    truth.put(id, (long) sent);
                }
                sent++;
            }
            publisher.flush();
        }
    }

    /** Sends what the table must never have. */
    private void publishElsewhere(int events) {
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            for (int event = 0; event < events; event++) {
                publisher.send(utf8("other-" + event), upsert("other-" + event, event), System.nanoTime());
            }
            publisher.flush();
        }
    }

    private void send(int partition, String id, long balance) throws Exception {
        try (var producer = new org.apache.kafka.clients.producer.KafkaProducer<byte[], byte[]>(
                Map.of("bootstrap.servers", broker.bootstrapServer()),
                new org.apache.kafka.common.serialization.ByteArraySerializer(),
                new org.apache.kafka.common.serialization.ByteArraySerializer())) {
            producer.send(new org.apache.kafka.clients.producer.ProducerRecord<>(
                            topic, partition, utf8(id), upsert(id, balance)))
                    .get();
        }
        truth.put(id, balance);
    }

    private void createAgain(int partitions) throws Exception {
        admin.deleteTopics(List.of(topic)).all().get();
        Await.until("the topic is gone", () -> topics.partitions(topic).isEmpty());
        topics.ensure(topic, partitions);
    }

    private void truncateBehind(int partition) throws Exception {
        admin.deleteRecords(Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(end(partition))))
                .all()
                .get();
    }

    private long end(int partition) {
        return topics.endOffsets(topic).getOrDefault(partition, -1L);
    }

    private static byte[] upsert(String id, long balance) {
        return utf8("{\"op\":\"u\",\"after\":{\"id\":\"" + id + "\",\"name\":\"N\",\"balance\":" + balance + "}}");
    }

    private static byte[] deletion(String id) {
        return utf8("{\"op\":\"d\",\"before\":{\"id\":\"" + id + "\"},\"after\":null}");
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private long version() {
        return io.delta.tables.DeltaTable.forPath(spark, table)
                .history(1)
                .first()
                .getLong(0);
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new TreeMap<>();
        for (Row row : spark.read().format("delta").load(table).collectAsList()) {
            assertThat(balances.put(row.getString(0), row.getLong(2)))
                    .as("a second row of " + row.getString(0))
                    .isNull();
        }
        return balances;
    }

    private static void restartBroker() {
        String address = broker.bootstrapServer();
        broker = startBroker(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
    }

    private static EmbeddedBroker startBroker(int port) {
        return EmbeddedBroker.start(
                new BrokerSettings(brokerDirectory, port, Map.of("auto.create.topics.enable", "false")));
    }
}
