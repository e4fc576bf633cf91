package cdf.verify;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.lake.AppliedBatch;
import cdf.lake.Apply;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.ColumnSource;
import cdf.lake.LocalSpark;
import cdf.lake.Sequencing;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Tables whose columns and key come from the topic's events, applied from Kafka and then proved. */
class LearnedTableTest {
    private static final TableSchema USERS = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");

    private static final String ID = "{'type':'int32','optional':false,'field':'id'}";
    private static final String WIDE_ID = "{'type':'int64','optional':false,'field':'id'}";
    private static final String NAME = "{'type':'string','optional':true,'field':'name'}";
    private static final String AGE = "{'type':'int16','optional':true,'field':'age'}";
    private static final String WIDE_AGE = "{'type':'int64','optional':true,'field':'age'}";
    private static final String PRICE =
            "{'type':'bytes','optional':true,'name':'org.apache.kafka.connect.data.Decimal',"
                    + "'parameters':{'scale':'2','connect.decimal.precision':'6'},'field':'price'}";
    private static final String WIDE_PRICE =
            PRICE.replace("'scale':'2'", "'scale':'4'").replace("'6'", "'30'");

    private static int topicCount;

    private static EmbeddedBroker broker;
    private static LocalSpark spark;
    private static Topics topics;

    private final String topic = "learned-" + topicCount++;

    @TempDir
    private Path directory;

    private String table = "";
    private final List<String[]> history = new ArrayList<>();
    private int sent;

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
        topics.ensure(topic, 1); // in which a key stays, even when the schema in it changes
    }

    @Test
    void aNewTableIsThatOfTheEventsAndFollowsThemAndEveryVersionIsProved() {
        send(1, List.of(ID, NAME, PRICE), "c", "'name':'Ann','price':'BNI='");
        send(2, List.of(ID, NAME, PRICE), "c", "'name':'Bea','price':'AQ=='");
        once(Optional.empty());
        assertProved(2);
        send(1, List.of(ID, NAME, PRICE, AGE), "u", "'name':'Ann','price':'BNI=','age':7");
        send(3, List.of(ID, NAME, PRICE, AGE), "c", "'name':'Cid','age':8");
        once(Optional.empty());
        assertProved(3);
        send(2, List.of(WIDE_ID, WIDE_AGE, WIDE_PRICE), "u", "'age':3000000000,'price':'AQ=='");
        send(3, List.of(WIDE_ID, WIDE_AGE, WIDE_PRICE), "d", "");
        once(Optional.empty());
        assertProved(2);
        send(2, List.of(WIDE_ID, WIDE_AGE, WIDE_PRICE), "u", "'age':1,'price':'AQ=='");
        ApplySummary last = once(Optional.empty());

        assertProved(2);
        assertThat(last.accounting().read()).isEqualTo(1);
        assertThat(rows()).containsExactly("[1,Ann,12.3400,7]", "[2,null,0.0001,1]");
        assertThat(KernelTable.newest(table).schema("id", Optional.empty()))
                .isEqualTo(TableSchema.parse("id BIGINT, name STRING, price DECIMAL(30,4), age BIGINT", "id"));
    }

    @Test
    void integersBecomeDecimalsAndDoubles() {
        String rate = "{'type':'int32','optional':true,'field':'rate'}";
        String sum = "{'type':'int64','optional':true,'field':'sum'}";
        String wideRate = rate.replace("int32", "double");
        String wideSum = PRICE.replace("'6'", "'24'").replace("price", "sum");
        send(1, List.of(ID, rate, sum), "c", "'rate':3,'sum':3");
        send(2, List.of(ID, rate, sum), "c", "'rate':-7,'sum':9223372036854775807");
        once(Optional.empty());
        send(1, List.of(ID, wideRate, wideSum), "u", "'rate':3.5,'sum':'BNI='");

        once(Optional.empty());

        assertThat(rows()).containsExactly("[1,3.5,12.34]", "[2,-7.0,9223372036854775807.00]");
        assertProved(2);
    }

    @Test
    void valuesThatUpdatesDidNotSendAreProved() {
        Optional<Sequencing> byTime =
                Optional.of(new Sequencing(SequencePath.parse("source.lsn"), Sequencing.DEFAULT_TOMBSTONE_RETENTION));
        String placeholder = "'__debezium_unavailable_value'";
        send(1, List.of(ID, NAME, AGE), "c", "'name':'Ann','age':1");
        send(2, List.of(ID, NAME, AGE), "u", "'name':" + placeholder + ",'age':1");
        send(1, List.of(ID, NAME, AGE), "u", "'name':" + placeholder + ",'age':2");
        once(byTime);
        assertProved(1);
        send(1, List.of(ID, NAME, AGE), "u", "'name':" + placeholder + ",'age':3");
        send(2, List.of(ID, NAME, AGE), "c", "'name':'Bea','age':3");
        sendAgain();
        send(2, List.of(ID, NAME, AGE), "u", "'name':" + placeholder + ",'age':4");
        once(byTime);
        assertProved(2);
        send(2, List.of(ID, NAME, WIDE_AGE), "u", "'name':" + placeholder + ",'age':5");

        once(byTime);

        assertProved(2);
        assertThat(rows()).containsExactly("[1,Ann,3,4]", "[2,Bea,5,7]");
    }

    @Test
    void theSequenceStaysTheLastColumn() {
        Optional<Sequencing> byTime =
                Optional.of(new Sequencing(SequencePath.parse("ts_ms"), Sequencing.DEFAULT_TOMBSTONE_RETENTION));
        send(1, List.of(ID, NAME), "c", "'name':'Ann'");
        once(byTime);
        send(1, List.of(ID, NAME, AGE), "u", "'name':'Ann','age':7");

        once(byTime);

        assertThat(rows()).containsExactly("[1,Ann,7,2]");
        assertProved(1);
    }

    @Test
    void anApplierWaitsForTheEventThatTellsTheColumns() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        CountDownLatch applied = new CountDownLatch(1);
        Apply apply = apply(false, Optional.empty(), new ApplyListener() {
            @Override
            public void onNotice(String notice) {
                if (notice.startsWith("waiting for the first event")) {
                    waiting.countDown();
                }
            }

            @Override
            public void onBatch(AppliedBatch batch) {
                applied.countDown();
            }
        });
        CompletableFuture<ApplySummary> running = CompletableFuture.supplyAsync(() -> apply.run(spark.session()));
        assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(Path.of(table)).doesNotExist();

        send(1, List.of(ID, NAME), "c", "'name':'Ann'");

        assertThat(applied.await(60, TimeUnit.SECONDS)).isTrue();
        apply.stop();
        assertThat(running.get(60, TimeUnit.SECONDS).rows()).isEqualTo(1);
    }

    @Test
    void anApplierThatWaitsCanBeStopped() throws Exception {
        CountDownLatch waiting = new CountDownLatch(1);
        Apply apply = apply(false, Optional.empty(), new ApplyListener() {
            @Override
            public void onNotice(String notice) {
                waiting.countDown();
            }
        });
        CompletableFuture<ApplySummary> running = CompletableFuture.supplyAsync(() -> apply.run(spark.session()));
        assertThat(waiting.await(60, TimeUnit.SECONDS)).isTrue();

        apply.stop();

        assertThat(running.get(60, TimeUnit.SECONDS).tableVersion()).isEqualTo(-1);
    }

    @Test
    void eventsThatDoNotTellTheirSchemaAreRefusedUnlessTheyAreTheSimulatedTables() throws Exception {
        publish("1", "{'op':'c','after':{'id':1,'nick':'Ann'}}");

        assertThatThrownBy(() -> once(Optional.empty())).isInstanceOfSatisfying(CdfException.class, refused -> {
            assertThat(refused.problem()).contains(topic, "do not tell the table's columns");
            assertThat(refused.hint()).contains("--schema and --key");
        });
        assertThat(Files.exists(Path.of(table))).isFalse();

        publish("2", "{'op':'c','after':{'id':'b','name':'Bea','balance':3}}");
        once(Optional.empty());
        publish("3", "{'op':'c','after':{'id':'c','name':'Cid','balance':4,'nick':'C'}}");
        once(Optional.empty());
        assertThat(rows()).containsExactly("[b,Bea,3]", "[c,Cid,4]");
    }

    @Test
    void aTableThatWasGivenItsColumnsKeepsThem() {
        send(1, List.of(ID, NAME, AGE), "c", "'name':'Ann','age':3");
        apply(new ColumnSource.Given(TableSchema.parse("id INT, name STRING", "id")), true, Optional.empty());
        send(2, List.of(ID, NAME, AGE), "c", "'name':'Bea','age':3");

        once(Optional.empty());

        assertThat(rows()).containsExactly("[1,Ann]", "[2,Bea]");
        assertProved(2);
    }

    private void assertProved(long rows) {
        Verdict verdict = new Verification(
                        topics,
                        new VerifySettings(topic, table, Optional.empty(), true, Optional.empty()),
                        (what, done, of) -> {})
                .run();
        assertThat(verdict.findings()).isEmpty();
        assertThat(verdict.differences().first()).isEmpty();
        assertThat(verdict.verified()).isTrue();
        assertThat(verdict.rows()).isEqualTo(rows);
    }

    private ApplySummary once(Optional<Sequencing> sequencing) {
        return apply(true, sequencing, new ApplyListener() {}).run(spark.session());
    }

    private Apply apply(boolean once, Optional<Sequencing> sequencing, ApplyListener listener) {
        return new Apply(topics, settings(new ColumnSource.Learned(USERS), once, sequencing), listener);
    }

    private void apply(ColumnSource columns, boolean once, Optional<Sequencing> sequencing) {
        var unused =
                new Apply(topics, settings(columns, once, sequencing), new ApplyListener() {}).run(spark.session());
    }

    private ApplySettings settings(ColumnSource columns, boolean once, Optional<Sequencing> sequencing) {
        return new ApplySettings(
                topic,
                columns,
                table,
                Optional.empty(),
                once,
                Duration.ZERO,
                ApplySettings.DEFAULT_MAX_BATCH_EVENTS,
                sequencing);
    }

    /** Sends an event as a connector writes it, of a table with these columns. */
    private void send(int id, List<String> columns, String operation, String values) {
        String row = "{'type':'struct','fields':[" + String.join(",", columns) + "],'optional':true,'field':'%s'}";
        String schema = "{'type':'struct','fields':[" + row.formatted("before") + "," + row.formatted("after") + "]}";
        String image = "{'id':" + id + (values.isEmpty() ? "" : "," + values) + "}";
        String rows = operation.equals("d") ? "'before':" + image + ",'after':null" : "'before':null,'after':" + image;
        history.add(new String[] {
            wrapped("{'type':'struct','fields':[" + columns.get(0) + "]}", "{'id':" + id + "}"),
            wrapped(
                    schema,
                    "{" + rows + ",'source':{'connector':'postgresql','lsn':" + ++sent + "},'op':'" + operation
                            + "','ts_ms':" + sent + "}")
        });
        publish(history.get(sent - 1)[0], history.get(sent - 1)[1]);
    }

    /** Sends all events again, as a connector does that lost its position. */
    private void sendAgain() {
        history.forEach(event -> publish(event[0], event[1]));
    }

    private static String wrapped(String schema, String payload) {
        return "{'schema':" + schema + ",'payload':" + payload + "}";
    }

    private void publish(String key, String value) {
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            publisher.send(utf8(key), utf8(value), System.nanoTime());
            publisher.flush();
        }
    }

    private static byte[] utf8(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }

    private List<String> rows() {
        return spark.session().read().format("delta").load(table).collectAsList().stream()
                .map(Row::toString)
                .sorted()
                .toList();
    }
}
