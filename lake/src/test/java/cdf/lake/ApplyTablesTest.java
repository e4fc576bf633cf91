package cdf.lake;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.TopicSelection;
import cdf.kafka.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class ApplyTablesTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");

    private static SparkSession spark;
    private static Path brokerDirectory;
    private static EmbeddedBroker broker;
    private static int prefixNumber;

    private final String prefix = "shop-" + prefixNumber++;
    private final Recorder recorder = new Recorder();
    private final Topics topics;
    private final TopicSelection selection = new TopicSelection.Prefixed(prefix);
    private final ApplyTables apply;

    /** The tables that the events sent so far add up to. */
    private final Map<String, Map<String, Long>> truth = new TreeMap<>();

    private CompletableFuture<List<TableOutcome>> outcomes = CompletableFuture.completedFuture(List.of());

    @TempDir
    private Path directory;

    ApplyTablesTest() {
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
        apply = tables(false);
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

    @AfterEach
    void stopApplying() throws Exception {
        apply.stop();
        var unused = outcomes.handle((all, failure) -> true).get(60, TimeUnit.SECONDS);
        topics.close();
    }

    @Test
    void aTableWhoseTopicIsCreatedAgainStopsAndTheOthersGoOn() throws Exception {
        publish("users", 50);
        publish("orders", 50);
        publish("items", 50);
        start();
        awaitTables();
        createAgain("orders");

        publish("users", 20);
        Await.until("a table has stopped", () -> !recorder.failures.isEmpty());
        publish("items", 20);

        List<TableOutcome> ended = stopWhen("users", 70, "items", 70);
        assertThat(recorder.failures.keySet()).containsExactly(prefix + ".orders");
        assertThat(recorder.failures.get(prefix + ".orders"))
                .contains("the topic " + prefix + ".orders is not the one that")
                .contains(directory.resolve("orders").toString());
        assertThat(ended.stream().map(TableOutcome::topic))
                .containsExactly(prefix + ".items", prefix + ".orders", prefix + ".users");
        assertThat(ended.stream().map(outcome -> outcome.failure().isPresent())).containsExactly(false, true, false);
        assertThat(ended.stream().map(outcome -> outcome.accounting().read())).containsExactly(70L, 50L, 70L);
        assertThat(ended.stream().map(outcome -> outcome.rows().orElse(-1)))
                .containsExactly(size("items"), size("orders"), size("users"));
        assertTablesAreRight();
    }

    @Test
    void topicsThatAppearLaterAreTakenUpButNotThoseOfAConnector() throws Exception {
        start();
        Await.until("the waiting is told", () -> recorder.noticed("waiting for topics " + prefix + ".*"));
        publish("users", 50);
        awaitTables();
        topics.ensure(prefix + ".offsets", 1);
        topics.ensure("other-" + prefix + ".users", 1);
        publish("orders", 50);
        awaitTables();

        List<TableOutcome> ended = stopWhen("users", 50, "orders", 50);

        assertThat(ended.stream().map(TableOutcome::table))
                .containsExactly(
                        directory.resolve("orders").toString(),
                        directory.resolve("users").toString());
        assertThat(recorder.failures).isEmpty();
        assertTablesAreRight();
    }

    @Test
    void runningOnceAgainAppliesOnlyWhatIsNew() {
        publish("users", 50);
        publish("orders", 50);
        List<TableOutcome> first = tables(true).run(spark, true);
        publish("orders", 30);

        List<TableOutcome> second = tables(true).run(spark, true);

        assertThat(first.stream().map(outcome -> outcome.accounting().read())).containsExactly(50L, 50L);
        assertThat(second.stream().map(outcome -> outcome.accounting().read())).containsExactly(30L, 0L);
        assertThat(second.stream().map(TableOutcome::failure)).containsOnly(Optional.empty());
        assertTablesAreRight();
    }

    @Test
    void noTopicOfThePrefixEndsARunThatIsToEnd() {
        CdfException failure =
                catchThrowableOfType(CdfException.class, () -> tables(true).run(spark, true));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem()).startsWith("there is no topic " + prefix + ".*");
    }

    @Test
    void aBrokerThatGoesAwayIsToldOnceForAllTables() throws Exception {
        for (String name : List.of("a", "b", "c")) {
            publish(name, 20);
        }
        start();
        awaitTables();

        broker.close();
        Await.until("it is told that the broker is away", () -> recorder.noticed("is away: waiting for it"));
        restartBroker();
        Await.until("it is told that the broker is back", () -> recorder.noticed("is back"));
        for (String name : List.of("a", "b", "c")) {
            publish(name, 10);
        }
        awaitTables();

        apply.stop();
        assertThat(outcomes.get(60, TimeUnit.SECONDS).stream().map(TableOutcome::failure))
                .containsOnly(Optional.empty());
        // A slow machine's broker may seem to be away again; but each change is told once, and not for each table.
        List<Boolean> away = recorder.notices.stream()
                .map(notice -> notice.contains("is away: waiting for it"))
                .toList();
        assertThat(away.get(0)).isTrue();
        for (int change = 1; change < away.size(); change++) {
            assertThat(away.get(change)).as(recorder.notices.toString()).isNotEqualTo(away.get(change - 1));
        }
        assertTablesAreRight();
    }

    /** As when the memory is used up. */
    @Test
    void anErrorThatIsNotOfOneTableEndsTheRun() {
        publish("users", 5);
        publish("orders", 5);
        recorder.onStart = Map.of(prefix + ".users", () -> {
            throw new OutOfMemoryError("not really");
        });
        start();

        assertThatThrownBy(() -> outcomes.get(60, TimeUnit.SECONDS)).hasRootCauseMessage("not really");
    }

    private ApplyTables tables(boolean once) {
        return new ApplyTables(
                topics,
                selection,
                topic -> new ApplySettings(
                        topic,
                        SCHEMA,
                        directory.resolve(selection.tableName(topic)).toString(),
                        Optional.empty(),
                        once,
                        Duration.ZERO,
                        ApplySettings.DEFAULT_MAX_BATCH_EVENTS,
                        Optional.empty()),
                recorder);
    }

    private void start() {
        outcomes = CompletableFuture.supplyAsync(() -> apply.run(spark, false));
    }

    /** Waits until all that was sent has been read. */
    private void awaitTables() throws InterruptedException {
        for (String name : truth.keySet()) {
            awaitRead(name, sent(name));
        }
    }

    private void awaitRead(String name, long events) throws InterruptedException {
        Await.until(events + " events of " + name, () -> recorder.read(prefix + "." + name) >= events);
        assertThat(outcomes.isDone()).isFalse();
    }

    private List<TableOutcome> stopWhen(String one, long itsEvents, String other, long itsOwn) throws Exception {
        awaitRead(one, itsEvents);
        awaitRead(other, itsOwn);
        apply.stop();
        return outcomes.get(60, TimeUnit.SECONDS);
    }

    private long sent(String name) {
        return topics.endOffsets(prefix + "." + name).getOrDefault(0, 0L);
    }

    private long size(String name) {
        return truth.getOrDefault(name, Map.of()).size();
    }

    /** Sends so many changes of a table of ten rows. */
    private void publish(String name, int events) {
        String topic = prefix + "." + name;
        topics.ensure(topic, 1);
        long begin = sent(name);
        Map<String, Long> rows = truth.computeIfAbsent(name, none -> new TreeMap<>());
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            for (long event = begin; event < begin + events; event++) {
                String id = name + event % 10;
                String change =
                        "{\"op\":\"u\",\"after\":{\"id\":\"" + id + "\",\"name\":\"N\",\"balance\":" + event + "}}";
                publisher.send(utf8(id), utf8(change), System.nanoTime());
                rows.put(id, event);
            }
            publisher.flush();
        }
    }

    private void createAgain(String name) throws Exception {
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            admin.deleteTopics(List.of(prefix + "." + name)).all().get();
        }
        Await.until("the topic is gone", () -> topics.partitions(prefix + "." + name)
                .isEmpty());
        topics.ensure(prefix + "." + name, 1);
    }

    private void assertTablesAreRight() {
        truth.forEach((name, rows) -> {
            Map<String, Long> found = new TreeMap<>();
            for (Row row : spark.read()
                    .format("delta")
                    .load(directory.resolve(name).toString())
                    .collectAsList()) {
                assertThat(found.put(row.getString(0), row.getLong(2)))
                        .as("a second row")
                        .isNull();
            }
            assertThat(found).as(name).isEqualTo(rows);
        });
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static void restartBroker() {
        String address = broker.bootstrapServer();
        broker = startBroker(Integer.parseInt(address.substring(address.indexOf(':') + 1)));
    }

    private static EmbeddedBroker startBroker(int port) {
        return EmbeddedBroker.start(
                new BrokerSettings(brokerDirectory, port, Map.of("auto.create.topics.enable", "false")));
    }

    /** Keeps what a run tells. */
    private static final class Recorder implements ApplyTablesListener {
        private final Map<String, ApplyRecorder> tables = new ConcurrentHashMap<>();
        private final Map<String, String> failures = new ConcurrentHashMap<>();
        private final List<String> notices = new CopyOnWriteArrayList<>();

        /** What happens when a topic's query starts. */
        private Map<String, Runnable> onStart = Map.of();

        @Override
        public ApplyListener onTable(String topic, String table) {
            Runnable start = onStart.getOrDefault(topic, () -> {});
            ApplyRecorder recorder = new ApplyRecorder() {
                @Override
                public void onStart(Map<Integer, Long> positions) {
                    start.run();
                }
            };
            tables.put(topic, recorder);
            return recorder;
        }

        @Override
        public void onFailure(String topic, String table, CdfException failure) {
            failures.put(topic, failure.problem());
        }

        @Override
        public void onNotice(String notice) {
            notices.add(notice);
        }

        long read(String topic) {
            ApplyRecorder recorder = tables.get(topic);
            return recorder == null ? 0 : recorder.read();
        }

        boolean noticed(String part) {
            return notices.stream().anyMatch(notice -> notice.contains(part));
        }
    }
}
