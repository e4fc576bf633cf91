package cdf.lake;

import cdf.change.CdfException;
import cdf.change.TableSchema;
import cdf.kafka.TopicContents;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.LongStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class DeadLettersTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, balance BIGINT", "id");
    private static final StructType RECORDS = new StructType()
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.TimestampType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType);

    private static SparkSession spark;

    @TempDir
    private Path directory;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    /** Which events a batch has may differ after a restart: they may be fewer than were begun with before. */
    @Test
    void batchesThatAreCutOtherwiseAfterARestartAddNoDeadLetterTwice() {
        Consumer<ApplyStep> dying = step -> {
            if (step == ApplyStep.DEAD_LETTERS_COMMITTED) {
                throw new IllegalStateException("killed");
            }
        };
        assertThatThrownBy(() -> engine(dying).applyBatch(unreadable(0, 10))).hasMessage("killed");

        ApplyEngine restarted = engine(step -> {});
        restarted.applyBatch(unreadable(0, 4));
        restarted.applyBatch(unreadable(4, 8));
        restarted.applyBatch(unreadable(8, 12));

        List<Long> offsets = spark
                .read()
                .format("delta")
                .load(DeadLetters.pathOf(table()).toString())
                .select("offset")
                .collectAsList()
                .stream()
                .map(row -> row.getLong(0))
                .sorted()
                .toList();
        assertThat(offsets).isEqualTo(LongStream.range(0, 12).boxed().toList());
    }

    @Test
    void thoseOfATableThatWasHereBeforeAreNotTakenForOurs() {
        TopicContents topic = new TopicContents("id", Map.of(0, 0L), Map.of(0, 3L));
        ApplyEngine first = engine(step -> {});
        first.goOnWith(topic);
        first.applyBatch(unreadable(0, 3));
        engine(step -> {}).goOnWith(topic);

        FileUtil.fullyDelete(directory.resolve("users").toFile());
        DeltaLog.clearCache();
        ApplyEngine second = engine(step -> {});

        assertThatThrownBy(() -> second.goOnWith(topic))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining(
                        DeadLetters.pathOf(table()) + " has the dead letters of another table, which was at");
    }

    private org.apache.hadoop.fs.Path table() {
        return new org.apache.hadoop.fs.Path(directory.resolve("users").toString());
    }

    private ApplyEngine engine(Consumer<ApplyStep> steps) {
        return new ApplyEngine(
                spark, ChangeTables.open(spark, table(), SCHEMA), SCHEMA, "users", (rows, of) -> {}, steps);
    }

    private static Dataset<Row> unreadable(long from, long to) {
        List<Row> records = LongStream.range(from, to)
                .mapToObj(offset -> RowFactory.create(
                        0, offset, new java.sql.Timestamp(0), null, "not JSON".getBytes(StandardCharsets.UTF_8)))
                .toList();
        return spark.createDataFrame(records, RECORDS).coalesce(1);
    }
}
