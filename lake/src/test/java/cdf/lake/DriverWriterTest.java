package cdf.lake;

import cdf.change.TableSchema;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.ParquetMetadata;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import scala.jdk.javaapi.CollectionConverters;

import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Date;
import java.sql.Timestamp;
import java.util.Iterator;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;

class DriverWriterTest {
    private static final TableSchema SCHEMA = TableSchema.parse(
            "id STRING, tenant INT, balance BIGINT, price DECIMAL(20, 2), ratio DOUBLE, active BOOLEAN, born DATE,"
                    + " seen TIMESTAMP, photo BINARY",
            "id, tenant");

    private static final StructType COLUMNS = TableColumns.structType(SCHEMA);

    private static final List<Row> ROWS = List.of(
            RowFactory.create(
                    "ärmel",
                    1,
                    Long.MIN_VALUE,
                    new BigDecimal("123456789012345678.90"),
                    Double.NaN,
                    true,
                    Date.valueOf("1582-10-15"),
                    Timestamp.valueOf("2026-02-28 23:59:59.999999"),
                    new byte[] {0, -1}),
            RowFactory.create("b", -7, null, null, null, null, null, null, null),
            RowFactory.create("a".repeat(100), 0, 5L, new BigDecimal("0.01"), -0.0, false, null, null, new byte[0]));

    private static SparkSession spark;

    @TempDir
    private java.nio.file.Path directory;

    private DeltaLog log;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.session();
    }

    @BeforeEach
    void createTable() {
        log = ChangeTables.open(spark, new Path(directory.resolve("users").toUri()), SCHEMA);
    }

    @ParameterizedTest
    @ValueSource(strings = {"1.0.0", "2.12.0"})
    void theFileIsTheOneThatAJobWouldWrite(String parquetVersion) throws IOException {
        ChangeTables.set(log, "delta.parquet.format.version", parquetVersion);
        Dataset<Row> rows = spark.createDataFrame(ROWS, COLUMNS);
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        AddFile byJob = (AddFile) transaction.writeFiles(rows.coalesce(1)).head();

        DriverWriter writer = new DriverWriter(spark, log);
        AddFile byDriver = writer.write(transaction, internal(rows)).orElseThrow();
        AddFile secondByDriver = writer.write(transaction, internal(rows)).orElseThrow();

        assertThat(writer.canWrite(transaction, COLUMNS)).isTrue();
        assertThat(byDriver.path()).matches("part-00000-[-0-9a-f]{36}-c000.snappy.parquet");
        for (AddFile file : List.of(byDriver, secondByDriver)) {
            assertThat(file.stats()).isEqualTo(byJob.stats());
            assertThat(file.size()).isEqualTo(byJob.size());
            assertThat(file.dataChange()).isTrue();
            assertThat(footer(file).getFileMetaData().getSchema())
                    .isEqualTo(footer(byJob).getFileMetaData().getSchema());
            assertThat(footer(file).getFileMetaData().getKeyValueMetaData())
                    .isEqualTo(footer(byJob).getFileMetaData().getKeyValueMetaData());
            assertThat(encodings(file)).isEqualTo(encodings(byJob));
            assertThat(contents(transaction, file)).isEqualTo(contents(transaction, byJob));
        }
    }

    @Test
    void whereThereAreNoRowsThereIsNoFile() {
        DriverWriter writer = new DriverWriter(spark, log);

        assertThat(writer.write(
                        QuickTransaction.begin(log), List.<InternalRow>of().iterator()))
                .isEmpty();
        assertThat(directory.resolve("users").toFile().list()).containsExactly("_delta_log");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ADD CONSTRAINT positive CHECK (balance > 0)",
                "SET TBLPROPERTIES ('delta.columnMapping.mode' = 'name')",
                "ALTER COLUMN active AFTER seen",
                "SET TBLPROPERTIES ('delta.enableTypeWidening' = 'true'); ALTER COLUMN tenant TYPE BIGINT",
                "ADD COLUMNS (note STRING)",
            })
    void whereRowsAreCheckedOrColumnsAreOthersItIsNotAsked(String changes) {
        for (String statement : changes.split("; ", -1)) {
            spark.sql("ALTER TABLE delta.`" + log.dataPath() + "` " + statement);
        }
        log.update(false, scala.Option.empty(), scala.Option.empty());

        assertThat(new DriverWriter(spark, log).canWrite(QuickTransaction.begin(log), COLUMNS))
                .isFalse();
    }

    private static Iterator<InternalRow> internal(Dataset<Row> rows) {
        return List.of(rows.queryExecution().executedPlan().executeCollect()).iterator();
    }

    private ParquetMetadata footer(AddFile file) throws IOException {
        try (ParquetFileReader reader = ParquetFileReader.open(
                HadoopInputFile.fromPath(WrittenFiles.pathOf(log, file), log.newDeltaHadoopConf()))) {
            return reader.getFooter();
        }
    }

    private List<String> encodings(AddFile file) throws IOException {
        return footer(file).getBlocks().get(0).getColumns().stream()
                .map(column -> column.getPath() + " " + column.getEncodings() + " " + column.getCodec())
                .toList();
    }

    private List<String> contents(OptimisticTransaction transaction, AddFile file) {
        return log.createDataFrame(
                        transaction.snapshot(),
                        CollectionConverters.asScala(List.of(file)).toSeq(),
                        false,
                        scala.Option.empty())
                .toJSON()
                .collectAsList();
    }
}
