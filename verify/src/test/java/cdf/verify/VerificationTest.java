package cdf.verify;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.LocalSpark;
import cdf.lake.Sequencing;
import cdf.verify.RowDifference.Kind;
import io.delta.tables.DeltaTable;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.common.TopicPartition;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.SetTransaction;
import org.apache.spark.sql.streaming.OutputMode;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Tables that are right, and tables that are wrong in one way each: the verifier must tell them apart. */
class VerificationTest {
    private static final int PARTITIONS = 2;
    private static final TableSchema USERS = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");
    private static final String LAST = "the-last";

    private static int topicCount;
    private static EmbeddedBroker broker;
    private static LocalSpark spark;
    private static Topics topics;

    private final String topic = "verified-" + topicCount++;

    @TempDir
    private Path directory;

    private String table = "";

    @BeforeAll
    static void startSparkAndBroker(@TempDir Path temporary) {
        spark = LocalSpark.startWithDelta();
        broker = EmbeddedBroker.start(new BrokerSettings(temporary, 0, Map.of()));
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
    }

    @AfterAll
    static void closeBrokerAndSpark() {
        topics.close();
        broker.close();
        spark.close();
    }

    @BeforeEach
    void createTopic() {
        table = directory.resolve("users").toString();
        topics.ensure(topic, PARTITIONS);
    }

    @Test
    void aTableOfManyCommitsIsVerifiedAndSoIsItsFeed() {
        publishHistory(2_000);
        apply(100);

        Verdict verdict = verify(true);

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.verified()).isTrue();
        assertThat(verdict.events()).isEqualTo(sum(topics.endOffsets(topic)));
        assertThat(verdict.positions()).isEqualTo(topics.endOffsets(topic));
        assertThat(verdict.rows()).isEqualTo(rowCount()).isPositive();
        assertThat(verdict.feedChanges().orElseThrow()).isGreaterThan(verdict.rows());
    }

    @Test
    void whatIsNotAppliedYetDoesNotCount() {
        publishHistory(300);
        apply(1_000);
        publishHistory(300);

        Verdict verdict = verify(true);

        assertThat(verdict.verified()).isTrue();
        assertThat(sum(verdict.positions())).isLessThan(sum(topics.endOffsets(topic)));
    }

    @Test
    void valuesOfEveryTypeAreComparedAndKeysOfManyColumns() throws IOException {
        TableSchema schema = TableSchema.parse(
                "region INT, at TIMESTAMP(3), flag BOOLEAN, rate DOUBLE, price DECIMAL(10,2), total DECIMAL(38,8),"
                        + " born DATE, data BINARY, note STRING",
                "region,at");
        for (int row = 0; row < 50; row++) {
            send("k" + row, """
                    {"op":"c","after":{"region":%d,"at":%d,"flag":true,"rate":-0.0,"price":12.5,"total":"AQ==",
                    "born":%d,"data":"AQI=","note":null}}""".formatted(row % 7, 1_700_000_000_000L + row, 20_000 + row));
        }
        apply(schema, 1_000);

        Verdict verdict = new Verification(
                        topics,
                        new VerifySettings(topic, table, Optional.of(schema), true, Optional.empty()),
                        (what, done, of) -> {})
                .run();

        assertThat(verdict.verified()).isTrue();
        assertThat(verdict.rows()).isEqualTo(50);
        sql("UPDATE delta.`" + table + "` SET total = total + 1 WHERE at = timestamp_millis(1700000000003)");
        assertThat(new Verification(
                                topics,
                                new VerifySettings(topic, table, Optional.of(schema), false, Optional.empty()),
                                (what, done, of) -> {})
                        .run()
                        .differences()
                        .first())
                .singleElement()
                .satisfies(row -> assertThat(row.key()).contains("\"region\":3").contains("2023-11-14T22:13:20.003Z"));
    }

    @Test
    void aRowThatWasChangedByHandIsNamedWithBothSides() {
        publishHistory(300);
        send(LAST, user("c", LAST, 7));
        apply(1_000);
        sql("UPDATE delta.`" + table + "` SET balance = 8 WHERE id = '" + LAST + "'");

        Verdict verdict = verify(false);

        assertThat(verdict.equal()).isFalse();
        assertThat(verdict.differences().counts()).isEqualTo(Map.of(Kind.DIFFERENT, 1L));
        RowDifference row = verdict.differences().first().get(0);
        assertThat(row.key()).isEqualTo("{\"id\":\"" + LAST + "\"}");
        assertThat(row.table().orElseThrow()).contains("\"balance\":8");
        assertThat(row.expected().orElseThrow()).contains("\"balance\":7");
    }

    @Test
    void aRowThatIsLostAndOneThatIsTooManyAreTold() {
        publishHistory(300);
        send(LAST, user("c", LAST, 7));
        apply(1_000);
        sql("DELETE FROM delta.`" + table + "` WHERE id = '" + LAST + "'");
        sql("INSERT INTO delta.`" + table + "` VALUES ('nobody', 'Nobody', 1)");

        assertThat(verify(false).differences().counts()).isEqualTo(Map.of(Kind.MISSING, 1L, Kind.EXTRA, 1L));
    }

    @Test
    void aRowThatIsThereTwiceIsOneTooMany() {
        publishHistory(300);
        send(LAST, user("c", LAST, 7));
        apply(1_000);
        sql("INSERT INTO delta.`" + table + "` SELECT * FROM delta.`" + table + "` WHERE id = '" + LAST + "'");

        Verdict verdict = verify(true);

        assertThat(verdict.differences().counts()).isEqualTo(Map.of(Kind.EXTRA, 1L));
        assertThat(verdict.findings()).anySatisfy(finding -> assertThat(finding).contains("already"));
    }

    @Test
    void aPositionAheadOfTheDataIsFound() {
        publishHistory(300);
        apply(1_000);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            send("ahead-" + partition, user("c", "ahead-" + partition, 1));
            send("ahead-too-" + partition, user("c", "ahead-too-" + partition, 1));
        }
        List<Action> ahead = new ArrayList<>();
        topics.endOffsets(topic)
                .forEach((partition, end) ->
                        ahead.add(new SetTransaction("cdf/" + topic + "/" + partition, end, Option.empty())));
        commit(ahead);

        Verdict verdict = verify(false);

        assertThat(verdict.differences().counts()).isEqualTo(Map.of(Kind.MISSING, 4L));
        assertThat(verdict.findings()).singleElement().asString().contains("the accounts do not close");
    }

    @Test
    void aDeadLetterThatIsLostIsFound() {
        publishHistory(300);
        send("k", "{broken");
        apply(1_000);
        assertThat(verify(false).verified()).isTrue();
        sql("DELETE FROM delta.`" + table + "-dead-letters` WHERE CAST(value AS STRING) = '{broken'");

        assertThat(verify(false).findings())
                .singleElement()
                .asString()
                .contains("1 are missing")
                .contains("0 should not be there");
    }

    /** Both commits leave the number of rows as it was, and change what only the feed can tell. */
    @Test
    void aRearrangementThatChangesARowIsFoundInTheFeed() {
        publishHistory(300);
        send(LAST, user("c", LAST, 7));
        apply(1_000);
        spark.session().conf().set("spark.databricks.delta.optimize.minFileSize", 1L << 30);
        sql("UPDATE delta.`" + table + "` SET balance = 8 WHERE id = '" + LAST + "'");
        sql("UPDATE delta.`" + table + "` SET balance = 7 WHERE id = '" + LAST + "'");
        assertThat(verify(true).verified()).isTrue();
        DeltaLog log = DeltaLog.forTable(spark.session(), table);
        List<AddFile> files = List.of((AddFile[])
                log.update(false, Option.empty(), Option.empty()).allFiles().collect());
        List<Action> lost = new ArrayList<>();
        files.forEach(file -> lost.add(file.removeWithTimestamp(System.currentTimeMillis(), false)));
        commit(lost);

        Verdict verdict = verify(true);

        assertThat(verdict.differences().counts()).containsOnlyKeys(Kind.MISSING);
        assertThat(verdict.findings())
                .anySatisfy(finding -> assertThat(finding).contains("only rearranges the table, loses"));
    }

    @Test
    void ofATopicThatLostItsBeginningItSaysWhatCannotBeProved() throws Exception {
        send(LAST, user("c", LAST, 7));
        publishHistory(300);
        apply(1_000);
        send(LAST + "-but-one", user("c", LAST + "-but-one", 7));
        apply(1_000);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            for (int partition = 0; partition < PARTITIONS; partition++) {
                admin.deleteRecords(Map.of(new TopicPartition(topic, partition), RecordsToDelete.beforeOffset(20)))
                        .all()
                        .get();
            }
        }

        Verdict verdict = verify(true);

        assertThat(verdict.equal()).isTrue();
        assertThat(verdict.verified()).isFalse();
        assertThat(verdict.unproven()).isPositive().isLessThan(verdict.rows());
        assertThat(verdict.limits()).hasSize(2).anySatisfy(limit -> assertThat(limit)
                .contains("offsets"));
        sql("UPDATE delta.`" + table + "` SET balance = 8 WHERE id = '" + LAST + "-but-one'");
        assertThat(verify(false).differences().counts()).isEqualTo(Map.of(Kind.DIFFERENT, 1L));
    }

    @Test
    void aTableWhoseTopicBeganLateIsVerifiedAsAWhole() throws Exception {
        publishHistory(300);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            admin.deleteRecords(Map.of(new TopicPartition(topic, 0), RecordsToDelete.beforeOffset(20)))
                    .all()
                    .get();
        }
        apply(1_000);

        assertThat(verify(true).verified()).isTrue();
    }

    @Test
    void aTopicThatWasCreatedAgainIsRefused() throws Exception {
        publishHistory(50);
        apply(1_000);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            admin.deleteTopics(List.of(topic)).all().get();
        }
        topics.ensure(topic, PARTITIONS);

        assertThatThrownBy(() -> verify(false))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("deleted and created again");
    }

    @Test
    void aSchemaThatIsNotTheTablesIsRefused() {
        publishHistory(20);
        apply(1_000);
        for (String other : List.of("id STRING, name STRING", "id INT, name STRING, balance BIGINT")) {
            VerifySettings settings = new VerifySettings(
                    topic, table, Optional.of(TableSchema.parse(other, "id")), false, Optional.empty());

            assertThatThrownBy(() -> new Verification(topics, settings, (what, done, of) -> {}).run())
                    .isInstanceOf(CdfException.class)
                    .hasMessageContaining("has other columns");
        }
    }

    @Test
    void whatIsNoTableOrHasNothingOfTheTopicIsRefused() {
        assertThat(catchThrowableOfType(CdfException.class, () -> verify(false)).problem())
                .contains("there is no Delta table");
        apply(1_000);
        assertThat(catchThrowableOfType(CdfException.class, () -> verify(false)).problem())
                .contains("has nothing of the topic " + topic);
    }

    @Test
    void theLedgerIsComparedAndWhatTheTopicItselfHasWrongIsToldApart() throws IOException {
        send(LAST, user("c", LAST, 7));
        send("other", user("c", "other", 8));
        send("stale", user("c", "stale", 9));
        apply(1_000);
        Path ledger = directory.resolve("ledger");
        Files.writeString(ledger, """
                {"id":"the-last","name":"Ada","balance":7}
                {"id":"stale","name":"Ada","balance":10}
                """);
        Files.writeString(directory.resolve("ledger.faults"), """
                {"fault":"late-duplicate","id":"stale","stale":true,"partition":0,"offset":0}
                {"fault":"late-duplicate","id":"the-last","stale":false,"partition":0,"offset":1}
                """);
        VerifySettings settings = new VerifySettings(topic, table, Optional.empty(), false, Optional.of(ledger));

        Verdict verdict = new Verification(topics, settings, (what, done, of) -> {}).run();

        assertThat(verdict.differences().total()).isZero();
        LedgerComparison comparison = verdict.ledger().orElseThrow();
        assertThat(comparison.explained()).isEqualTo(1);
        assertThat(comparison.unexplained().counts()).isEqualTo(Map.of(Kind.EXTRA, 1L));
        assertThat(comparison.unexplained().first().get(0).key()).contains("other");
        assertThat(verdict.equal()).isFalse();
    }

    @Test
    void ofATableThatANumberOrdersTheNumbersAreComparedAsWell() {
        Optional<Sequencing> sequencing =
                Optional.of(new Sequencing(SequencePath.parse("ts_ms"), Sequencing.DEFAULT_TOMBSTONE_RETENTION));
        send(LAST, numbered("c", LAST, 3, 1));
        send(LAST, numbered("u", LAST, 2, 2));
        send("gone", numbered("d", "gone", 5, 3));
        send("late", numbered("c", "late", 1, 4));
        apply(USERS, 2, sequencing);
        send("gone", numbered("c", "gone", 4, 5));
        send(LAST, numbered("u", LAST, 3, 6));
        send(LAST, user("c", LAST, 7));
        apply(USERS, 2, sequencing);

        Verdict verdict = verify(true);

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.verified()).isTrue();
        assertThat(verdict.rows()).isEqualTo(2);
        sql("UPDATE delta.`" + table + "` SET _sequence = 9 WHERE id = '" + LAST + "'");
        assertThat(verify(false).findings()).singleElement().asString().contains("1 rows have another _sequence");
    }

    @Test
    void transactionsThatComeAgainDoNotEndOneThatIsThereInPart() {
        String transfers = "transfers-" + topic;
        topics.ensure(transfers, 1);
        try (Publisher publisher = Publisher.open(topics.connection(), transfers, Duration.ZERO)) {
            // Each moves an amount from a to b. The capture was killed after the fifth change, and went on from the
            // third.
            for (int change : new int[] {1, 2, 3, 4, 5, 3, 4, 5, 6, 7, 8}) {
                int amount = (change + 1) / 2;
                String id = change % 2 == 1 ? "a" : "b";
                String event = """
                        {"op":"u","after":{"id":"%s","name":"Ada","balance":%d},"source":{"txId":%d,"lsn":%d}}""".formatted(id, change % 2 == 1 ? -amount : amount, amount, change);
                publisher.send(
                        id.getBytes(StandardCharsets.UTF_8), event.getBytes(StandardCharsets.UTF_8), System.nanoTime());
            }
            publisher.flush();
        }
        Sequencing sequencing =
                new Sequencing(SequencePath.parse("source.lsn"), Sequencing.DEFAULT_TOMBSTONE_RETENTION);
        apply(transfers, USERS, 1, Optional.of(sequencing));

        Verdict verdict = new Verification(
                        topics,
                        new VerifySettings(
                                transfers,
                                table,
                                Optional.empty(),
                                true,
                                Optional.empty(),
                                Optional.empty(),
                                Optional.of("balance")),
                        (what, done, of) -> {})
                .run();

        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.verified()).isTrue();
        assertThat(verdict.versionsWithSum()).contains(3L);
    }

    @Test
    void progressIsToldAndAStopEndsIt() {
        publishHistory(300);
        apply(1_000);
        List<String> told = new ArrayList<>();
        VerifySettings settings = new VerifySettings(topic, table, Optional.empty(), true, Optional.empty());
        new Verification(topics, settings, (what, done, of) -> told.add(what + " " + done + "/" + of)).run();
        long events = sum(topics.endOffsets(topic));
        assertThat(told).contains("events replayed " + events + "/" + events);

        Verification stopped = new Verification(topics, settings, (what, done, of) -> {});
        stopped.stop();

        assertThat(catchThrowableOfType(CdfException.class, stopped::run).problem())
                .contains("nothing is proved");
    }

    private Verdict verify(boolean feed) {
        return new Verification(
                        topics,
                        new VerifySettings(topic, table, Optional.empty(), feed, Optional.empty()),
                        (what, done, of) -> {})
                .run();
    }

    private void apply(int batchEvents) {
        apply(USERS, batchEvents);
    }

    private void apply(TableSchema schema, int batchEvents) {
        apply(schema, batchEvents, Optional.empty());
    }

    private void apply(TableSchema schema, int batchEvents, Optional<Sequencing> sequencing) {
        apply(topic, schema, batchEvents, sequencing);
    }

    private void apply(String from, TableSchema schema, int batchEvents, Optional<Sequencing> sequencing) {
        var unused = new Apply(
                        topics,
                        new ApplySettings(
                                from, schema, table, Optional.empty(), true, Duration.ZERO, batchEvents, sequencing),
                        new ApplyListener() {})
                .run(spark.session());
    }

    /** Creates, updates and deletes of a few users, and now and then what is no event or changes nothing. */
    private void publishHistory(int events) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            for (int event = 0; event < events; event++) {
                String id = "user-" + random.nextInt(100);
                byte[] key = id.getBytes(StandardCharsets.UTF_8);
                @Nullable
                String value =
                        switch (random.nextInt(20)) {
                            case 0 -> null;
                            case 1 -> "{\"op\":\"u\",\"after\":{\"id\":\"" + id + "\",\"balance\":\"much\"}}";
                            case 2, 3, 4, 5 -> "{\"op\":\"d\",\"before\":null}";
                            case 6, 7 -> user("c", id, random.nextLong());
                            default -> user("u", id, random.nextInt(1000));
                        };
                publisher.send(key, value == null ? null : value.getBytes(StandardCharsets.UTF_8), System.nanoTime());
            }
            publisher.flush();
        }
    }

    private void send(String key, String value) {
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            publisher.send(
                    key.getBytes(StandardCharsets.UTF_8), value.getBytes(StandardCharsets.UTF_8), System.nanoTime());
            publisher.flush();
        }
    }

    private static String user(String operation, String id, long balance) {
        return "{\"op\":\"" + operation + "\",\"after\":{\"id\":\"" + id + "\",\"name\":\"Ada\",\"balance\":" + balance
                + "}}";
    }

    private static String numbered(String operation, String id, long number, long balance) {
        String row = "{\"id\":\"" + id + "\",\"balance\":" + balance + "}";
        return "{\"op\":\"" + operation + "\",\"ts_ms\":" + number + ",\""
                + (operation.equals("d") ? "before" : "after") + "\":" + row + "}";
    }

    private static long sum(Map<Integer, Long> offsets) {
        return offsets.values().stream().mapToLong(Long::longValue).sum();
    }

    private long rowCount() {
        return DeltaTable.forPath(spark.session(), table).toDF().count();
    }

    private void sql(String statement) {
        var unused = spark.session().sql(statement).collect();
    }

    private void commit(List<Action> actions) {
        OptimisticTransaction transaction =
                DeltaLog.forTable(spark.session(), table).startTransaction(Option.empty(), Option.empty());
        var unused = transaction.commit(
                CollectionConverters.asScala(actions).toSeq(),
                new DeltaOperations.StreamingUpdate(OutputMode.Append(), "test", 0, Option.empty()));
    }
}
