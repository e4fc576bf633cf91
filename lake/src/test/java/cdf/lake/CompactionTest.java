package cdf.lake;

import cdf.change.TableSchema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

/** Many small commits, with the files merged in between. */
class CompactionTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, balance BIGINT", "id");
    private static final StructType RECORDS = new StructType()
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.TimestampType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType);

    private static final int COMMITS = 100;

    private static final int IDS = 2_000;

    private static SparkSession spark;

    @TempDir
    private Path directory;

    private final Map<String, Long> truth = new TreeMap<>();
    private final List<Row> waiting = new ArrayList<>();
    private long nextOffset;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    /** @param constrained whether Delta has something to check, so that Spark's jobs write the files */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manySmallCommitsLeaveFewFilesTheRightTableAndNoTraceInTheChangeDataFeed(boolean constrained) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        ApplyEngine engine = engine();
        if (constrained) {
            spark.sql("ALTER TABLE delta.`" + table() + "` ADD CONSTRAINT named CHECK (id LIKE 'user-%')");
        }
        long mergedFiles = 0;
        for (int commit = 0; commit < COMMITS; commit++) {
            for (int event = 0; event < 12; event++) {
                change("user-" + random.nextInt(IDS), random.nextInt(6) == 0, random.nextInt());
            }
            engine.applyBatch(batch(constrained));
            mergedFiles += engine.compact(false).map(CompactedFiles::files).orElse(0);
        }

        assertThat(mergedFiles).as("seed " + seed).isGreaterThan(COMMITS / 2);
        assertThat(files()).as("seed " + seed).isLessThan(2L * CompactionPlan.FILES_OF_A_CLASS);
        assertThat(balances()).as("seed " + seed).isEqualTo(truth);
        assertThat(mergedVersions()).as("seed " + seed).isNotEmpty().allSatisfy(version -> {
            assertThat(feedRows(version)).isZero();
            assertThat(feedRows(version - 1)).isPositive();
        });
        assertIndexKnowsEveryRow(engine, seed);
        assertIndexKnowsEveryRow(engine(), seed);
    }

    /** Changes every row: one whose place the index has wrong would stay, or take another one with it. */
    private void assertIndexKnowsEveryRow(ApplyEngine engine, long seed) {
        engine.buildIndex();
        assertThat(engine.rows()).as("seed " + seed).isEqualTo(truth.size());
        int number = 0;
        for (String id : List.copyOf(truth.keySet())) {
            change(id, number % 7 == 0, number++);
        }

        engine.applyBatch(batch(true));

        assertThat(balances()).as("seed " + seed).isEqualTo(truth);
    }

    private void change(String id, boolean delete, long balance) {
        String event = delete
                ? "{'op':'d','before':{'id':'" + id + "'}}"
                : "{'op':'u','after':{'id':'" + id + "','balance':" + balance + "}}";
        waiting.add(RowFactory.create(
                0,
                nextOffset++,
                new java.sql.Timestamp(0),
                null,
                event.replace('\'', '"').getBytes(StandardCharsets.UTF_8)));
        if (delete) {
            truth.remove(id);
        } else {
            truth.put(id, balance);
        }
    }

    private Dataset<Row> batch(boolean byTask) {
        Dataset<Row> batch = spark.createDataFrame(List.copyOf(waiting), RECORDS);
        waiting.clear();
        return byTask ? batch.coalesce(1) : batch;
    }

    private String table() {
        return directory.resolve("users").toString();
    }

    private ApplyEngine engine() {
        DeltaLog log = ChangeTables.open(spark, new org.apache.hadoop.fs.Path(table()), SCHEMA);
        return new ApplyEngine(spark, log, SCHEMA, "users", (rows, of) -> {}, step -> {});
    }

    private long files() {
        return DeltaLog.forTable(spark, new org.apache.hadoop.fs.Path(table()))
                .unsafeVolatileSnapshot()
                .numOfFiles();
    }

    private Map<String, Long> balances() {
        Map<String, Long> balances = new TreeMap<>();
        for (Row row : spark.read().format("delta").load(table()).collectAsList()) {
            assertThat(balances.put(row.getString(0), row.getLong(1))).isNull();
        }
        return balances;
    }

    private List<Long> mergedVersions() {
        return io.delta.tables.DeltaTable.forPath(spark, table())
                .history()
                .where("operation = 'OPTIMIZE'")
                .select("version")
                .collectAsList()
                .stream()
                .map(row -> row.getLong(0))
                .toList();
    }

    private long feedRows(long version) {
        return spark.read()
                .format("delta")
                .option("readChangeFeed", true)
                .option("startingVersion", version)
                .option("endingVersion", version)
                .load(table())
                .count();
    }
}
