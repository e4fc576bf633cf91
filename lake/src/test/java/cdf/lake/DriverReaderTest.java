package cdf.lake;

import cdf.change.TableSchema;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

import static org.assertj.core.api.Assertions.assertThat;

class DriverReaderTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, n INT", "id");

    private static SparkSession spark;

    @TempDir
    private java.nio.file.Path directory;

    private DeltaLog log;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @BeforeEach
    void createTable() {
        log = ChangeTables.open(spark, new Path(directory.resolve("users").toUri()), SCHEMA);
    }

    @Test
    void theRowsOfSomeFilesComeInOrderButForTheDeletedOnes() {
        AddFile first = write(0, 10_000);
        AddFile second = write(10_000, 10_003);

        List<String> rows = read(
                TableColumns.structType(SCHEMA),
                new DriverReader.Source(first, deleted(0, 2, 9_998)),
                new DriverReader.Source(second, deleted(1)));

        List<String> expected = new ArrayList<>(
                IntStream.range(0, 10_003).mapToObj(n -> "row " + n + "," + n).toList());
        expected.removeAll(List.of("row 0,0", "row 2,2", "row 9998,9998", "row 10001,10001"));
        assertThat(rows).isEqualTo(expected);
    }

    @Test
    void aFileThatIsOlderThanAColumnOrItsWiderTypeIsReadAsTheTableIs() {
        AddFile older = write(-2, 0);
        alter("SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true')");
        alter("ALTER COLUMN n TYPE BIGINT");
        alter("ADD COLUMNS (note STRING)");

        List<String> rows = read(
                log.update(false, Option.empty(), Option.empty()).schema(),
                new DriverReader.Source(older, new RoaringBitmapArray()));

        assertThat(rows).containsExactly("row -2,-2,null", "row -1,-1,null");
    }

    private void alter(String change) {
        spark.sql("ALTER TABLE delta.`" + log.dataPath() + "` " + change);
    }

    private AddFile write(int from, int to) {
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        InternalRow[] rows = spark.createDataFrame(
                        IntStream.range(from, to)
                                .mapToObj(n -> RowFactory.create("row " + n, n))
                                .toList(),
                        TableColumns.structType(SCHEMA))
                .queryExecution()
                .executedPlan()
                .executeCollect();
        return new DriverWriter(spark, log)
                .write(transaction, List.of(rows).iterator())
                .orElseThrow();
    }

    private static RoaringBitmapArray deleted(long... rows) {
        RoaringBitmapArray deleted = new RoaringBitmapArray();
        LongStream.of(rows).forEach(deleted::add);
        return deleted;
    }

    private List<String> read(StructType columns, DriverReader.Source... sources) {
        List<String> texts = new ArrayList<>();
        Iterator<InternalRow> rows = new DriverReader(spark, log, columns).rows(List.of(sources));
        while (rows.hasNext()) {
            texts.add(rows.next().toSeq(columns).mkString(","));
        }
        return texts;
    }
}
