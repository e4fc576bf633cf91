package cdf.lake;

import cdf.change.TableSchema;
import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

class ApplyEngineTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");
    private static final StructType RECORDS = new StructType()
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.TimestampType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType);

    private static SparkSession spark;

    @TempDir
    private Path directory;

    private org.apache.hadoop.fs.Path table;
    private final List<Row> waiting = new ArrayList<>();
    private long nextOffset;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @BeforeEach
    void nameTable() {
        table = new org.apache.hadoop.fs.Path(directory.resolve("users").toUri());
    }

    @Test
    void aHistoryIsAppliedAsAPlainReplayWouldAcrossBatchesAndRestarts() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, Long> truth = new TreeMap<>();
        ApplyEngine engine = engine();
        Accounting total = Accounting.NONE;
        int events = 0;
        for (int batch = 0; batch < 25; batch++) {
            for (int event = random.nextInt(60); event >= 0; event--) {
                String id = "user-" + random.nextInt(80);
                if (random.nextInt(4) == 0) {
                    send("{'op':'d','before':{'id':'" + id + "'},'after':null}");
                    truth.remove(id);
                } else {
                    long balance = random.nextInt(1_000);
                    send(upsert(id, balance));
                    truth.put(id, balance);
                }
                events++;
            }
            if (random.nextInt(5) == 0) {
                send("not json");
                events++;
            }
            total = total.plus(engine.applyBatch(batch()).accounting());
            if (random.nextInt(6) == 0) {
                engine = engine();
            }
            assertThat(balances()).as("seed " + seed + ", batch " + batch).isEqualTo(truth);
        }
        assertThat(total.read()).isEqualTo(events);
        engine.buildIndex();
        assertThat(engine.rows()).isEqualTo(truth.size());
    }

    @Test
    void somebodyElsesDeleteAndOptimizeBetweenBatchesAreSeen() {
        ApplyEngine engine = engine();
        for (String id : List.of("a", "b", "c")) {
            send(upsert(id, 1));
            engine.applyBatch(batch());
        }

        spark.sql("DELETE FROM delta.`" + table + "` WHERE id = 'b'");
        DeltaTable.forPath(spark, table.toString()).optimize().executeCompaction();
        send(upsert("a", 2));
        send("{'op':'d','before':{'id':'b'}}");
        send(upsert("d", 4));
        Accounting accounting = engine.applyBatch(batch()).accounting();

        assertThat(balances()).isEqualTo(Map.of("a", 2L, "c", 1L, "d", 4L));
        assertThat(accounting).isEqualTo(new Accounting(3, 2, 0, 1, 0));
    }

    @Test
    void aTruncationInTheMiddleOfABatchLeavesWhatCameAfter() {
        ApplyEngine engine = engine();
        send(upsert("old", 1));
        engine.applyBatch(batch());

        send(upsert("before", 2));
        send("{'op':'t'}");
        send(upsert("after", 3));
        Accounting accounting = engine.applyBatch(batch()).accounting();

        assertThat(balances()).isEqualTo(Map.of("after", 3L));
        assertThat(engine.rows()).isEqualTo(1);
        assertThat(accounting).isEqualTo(new Accounting(3, 2, 1, 0, 0));
    }

    @Test
    void recordsBeforeTheTablesPositionsAreNotAppliedAgain() {
        ApplyEngine engine = engine();
        send(upsert("a", 1));
        send("{'op':'d','before':{'id':'a'}}");
        Dataset<Row> batch = batch();
        engine.applyBatch(batch);

        Accounting again = engine().applyBatch(batch).accounting();

        assertThat(again).isEqualTo(Accounting.NONE);
        assertThat(engine().positions()).isEqualTo(Map.of(0, 2L));
    }

    @Test
    void rejectedEventsAreDeadLettersWithTheirPlaceAndReason() {
        ApplyEngine engine = engine();
        send(upsert("a", 1));
        send("{'op':'c','after':{'id':'b','balance':1.5}}");
        engine.applyBatch(batch());

        List<Row> letters = spark.read()
                .format("delta")
                .load(DeadLetters.pathOf(table).toString())
                .select("topic", "partition", "offset", "column")
                .collectAsList();

        assertThat(letters).containsExactly(RowFactory.create("users", 0, 1L, "balance"));
        assertThat(balances()).isEqualTo(Map.of("a", 1L));
    }

    private static String upsert(String id, long balance) {
        return "{'op':'u','after':{'id':'" + id + "','name':'N','balance':" + balance + "}}";
    }

    private ApplyEngine engine() {
        DeltaLog log = ChangeTables.open(spark, table, SCHEMA);
        return new ApplyEngine(spark, log, SCHEMA, "users", (rows, of) -> {}, step -> {});
    }

    private void send(String json) {
        waiting.add(RowFactory.create(
                0,
                nextOffset++,
                new java.sql.Timestamp(0),
                null,
                json.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
    }

    private Dataset<Row> batch() {
        Dataset<Row> batch = spark.createDataFrame(List.copyOf(waiting), RECORDS);
        waiting.clear();
        return batch;
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new TreeMap<>();
        for (Row row : spark.read().format("delta").load(table.toString()).collectAsList()) {
            assertThat(balances.put(row.getString(0), row.getLong(2))).isNull();
        }
        return balances;
    }
}
