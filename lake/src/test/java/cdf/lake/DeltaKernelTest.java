package cdf.lake;

import cdf.change.SequencePath;
import cdf.change.TableSchema;
import io.delta.kernel.Scan;
import io.delta.kernel.Table;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.data.ScanStateRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.utils.CloseableIterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

/** The table as a reader without Spark sees it: Delta Kernel. */
class DeltaKernelTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, n BIGINT", "id");

    private static SparkSession spark;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @Test
    void aTableOfManyCommitsAndAMergeHasTheRowsOfAPlainReplay() throws IOException {
        String table = directory.resolve("users").toString();
        ApplyEngine engine = new ApplyEngine(
                spark,
                ChangeTables.open(spark, new org.apache.hadoop.fs.Path(table), SCHEMA),
                SCHEMA,
                Topic.NAME,
                (rows, of) -> {},
                step -> {});
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Topic topic = new Topic();
        Map<String, Long> truth = new TreeMap<>();
        int merges = 0;
        for (int batch = 0; batch < 2 * CompactionPlan.FILES_OF_A_CLASS; batch++) {
            for (int event = 0; event < 20; event++) {
                String id = "user-" + random.nextInt(300);
                if (random.nextInt(4) == 0) {
                    topic.send(0, "{'op':'d','before':{'id':'" + id + "'}}");
                    truth.remove(id);
                } else {
                    long n = random.nextLong();
                    topic.send(0, "{'op':'u','after':{'id':'" + id + "','n':" + n + "}}");
                    truth.put(id, n);
                }
            }
            engine.applyBatch(topic.batch(spark));
            merges += engine.compact(false).isPresent() ? 1 : 0;
        }

        Map<String, Long> rows = read(table);

        assertThat(rows).as("seed " + seed).isEqualTo(truth);
        assertThat(merges).isPositive();
    }

    /** Rows that were late are deleted in the commit that adds their file. */
    @Test
    void aFileThatIsAddedWithDeletedRowsIsReadWithoutThem() throws IOException {
        String table = directory.resolve("users").toString();
        Sequencing byTime = new Sequencing(SequencePath.parse("ts_ms"), Sequencing.DEFAULT_TOMBSTONE_RETENTION);
        ApplyEngine engine = new ApplyEngine(
                spark,
                ChangeTables.open(spark, new org.apache.hadoop.fs.Path(table), SCHEMA, Optional.of(byTime.path())),
                SCHEMA,
                Topic.NAME,
                Optional.of(byTime),
                (rows, of) -> {},
                step -> {});
        Topic topic = new Topic();
        topic.send(0, "{'op':'c','ts_ms':5,'after':{'id':'a','n':5}}");
        engine.applyBatch(topic.batch(spark));
        topic.send(0, "{'op':'u','ts_ms':4,'after':{'id':'a','n':4}}");
        topic.send(0, "{'op':'c','ts_ms':3,'after':{'id':'b','n':3}}");
        engine.applyBatch(topic.batch(spark));

        assertThat(read(table)).isEqualTo(Map.of("a", 5L, "b", 3L));
    }

    private static Map<String, Long> read(String table) throws IOException {
        Engine engine = DefaultEngine.create(new Configuration());
        Scan scan = Table.forPath(engine, table)
                .getLatestSnapshot(engine)
                .getScanBuilder()
                .build();
        Row state = scan.getScanState(engine);
        Map<String, Long> rows = new TreeMap<>();
        try (CloseableIterator<FilteredColumnarBatch> files = scan.getScanFiles(engine)) {
            while (files.hasNext()) {
                try (CloseableIterator<Row> batch = files.next().getRows()) {
                    while (batch.hasNext()) {
                        readFile(engine, state, batch.next(), rows);
                    }
                }
            }
        }
        return rows;
    }

    private static void readFile(Engine engine, Row state, Row file, Map<String, Long> rows) throws IOException {
        try (CloseableIterator<FilteredColumnarBatch> batches = Scan.transformPhysicalData(
                engine,
                state,
                file,
                engine.getParquetHandler()
                        .readParquetFiles(
                                Utils.singletonCloseableIterator(InternalScanFileUtils.getAddFileStatus(file)),
                                ScanStateRow.getPhysicalDataReadSchema(state),
                                Optional.empty())
                        .map(FileReadResult::getData))) {
            while (batches.hasNext()) {
                try (CloseableIterator<Row> live = batches.next().getRows()) {
                    while (live.hasNext()) {
                        Row row = live.next();
                        assertThat(rows.put(row.getString(0), row.getLong(1))).isNull();
                    }
                }
            }
        }
    }
}
