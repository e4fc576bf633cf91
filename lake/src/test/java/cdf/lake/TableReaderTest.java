package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ChangeEvent;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.change.Value;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TableReaderTest {
    private static final TableSchema USERS = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");
    private static final StructType RECORDS = new StructType()
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.TimestampType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType);

    private static SparkSession spark;

    @TempDir
    private Path directory;

    private Path table;
    private long nextOffset;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @BeforeEach
    void nameTable() {
        // A name that is none of a URI.
        table = directory.resolve("users of 100% [all]");
        nextOffset = 0;
    }

    @Test
    void everyTypeIsShownExactly() {
        TableSchema schema = TableSchema.parse(
                "s STRING, b BOOLEAN, i INT, l BIGINT, f DOUBLE, d DECIMAL(38,10), p DECIMAL(9,2), day DATE,"
                        + " at TIMESTAMP, x BINARY",
                "s");
        apply(
                schema,
                "{'op':'c','after':{'s':'a\\u0000\\u001bŁ','b':true,'i':-2147483648,'l':9223372036854775807,'f':1e-7,"
                        + "'d':1234567890123456789012345678.0123456789,'p':0.10,'day':'2026-02-28',"
                        + "'at':'2026-02-28T23:59:59.999999Z','x':'AP/+'}}",
                "{'op':'c','after':{'s':'b','b':false,'i':0,'l':-1,'f':'NaN','d':0,'p':-7,'day':'-0044-03-15',"
                        + "'at':'1582-10-04T00:00:00Z','x':''}}",
                "{'op':'c','after':{'s':'c','f':'-Infinity','at':'2026-02-28T12:00:00.500Z','day':'+12026-01-01'}}");

        assertThat(rows(reader().rows(1, OptionalInt.empty())))
                .containsExactlyInAnyOrder(
                        "s=a\u0000\u001bŁ, b=true, i=-2147483648, l=9223372036854775807, f=1.0E-7,"
                                + " d=1234567890123456789012345678.0123456789, p=0.10, day=2026-02-28,"
                                + " at=2026-02-28T23:59:59.999999Z, x=AP/+",
                        "s=b, b=false, i=0, l=-1, f=NaN, d=0.0000000000, p=-7.00, day=-0044-03-15,"
                                + " at=1582-10-04T00:00:00Z, x=",
                        "s=c, b=null, i=null, l=null, f=-Infinity, d=null, p=null, day=+12026-01-01,"
                                + " at=2026-02-28T12:00:00.500Z, x=null");
    }

    @Test
    void numbersAreNumbersAndWhatJsonHasNoNumberForIsText() {
        TableSchema schema = TableSchema.parse("id INT, f DOUBLE, g DOUBLE, d DECIMAL(20,0), n STRING", "id");
        apply(schema, "{'op':'c','after':{'id':1,'f':'Infinity','g':-0.0,'d':100}}");

        assertThat(reader().rows(1, OptionalInt.empty()).rows().next().columns().values())
                .containsExactly(
                        new Value.Json("1"),
                        new Value.Text("Infinity"),
                        new Value.Json("-0.0"),
                        new Value.Json("100"),
                        new Value.Null());
    }

    @Test
    void anOldVersionHasItsOwnRowsAndColumns() {
        apply(USERS, create("a", 1));
        sql("ALTER TABLE %s ADD COLUMNS (city STRING)");
        sql("INSERT INTO %s VALUES ('b', 'N', 2, 'Łódź')");

        TableReader reader = reader();

        assertThat(reader.newestVersion()).isEqualTo(3);
        assertThat(rows(reader.rows(1, OptionalInt.empty()))).containsExactly("id=a, name=N, balance=1");
        assertThat(rows(reader.rows(3, OptionalInt.empty())))
                .containsExactlyInAnyOrder("id=a, name=N, balance=1, city=null", "id=b, name=N, balance=2, city=Łódź");
    }

    @Test
    void aLimitDoesNotReadTheWholeTable() throws Exception {
        for (int file = 0; file < 8; file++) {
            int of = file;
            apply(
                    USERS,
                    Stream.iterate(0, row -> row + 1)
                            .limit(1_000)
                            .map(row -> create(of + "-" + row, row))
                            .toArray(String[]::new));
        }
        TableReader reader = reader();
        AtomicLong read = new AtomicLong();
        SparkListener listener = new SparkListener() {
            @Override
            public void onTaskEnd(SparkListenerTaskEnd end) {
                read.addAndGet(end.taskMetrics().inputMetrics().recordsRead());
            }
        };
        reader.rows(8, OptionalInt.of(1)).rows().next();
        spark.sparkContext().addSparkListener(listener);

        List<String> rows = rows(reader.rows(8, OptionalInt.of(10)));

        spark.sparkContext().listenerBus().waitUntilEmpty();
        spark.sparkContext().removeSparkListener(listener);
        assertThat(rows).hasSize(10);
        // One file of eight, and some of the log.
        assertThat(read).hasValueBetween(10L, 1_999L);
    }

    @Test
    void anUpdateIsOneChangeWithBothRows() {
        apply(USERS, create("a", 1), create("b", 2));
        apply(USERS, create("a", 3), "{'op':'d','before':{'id':'b'}}", create("c", 4));

        assertThat(changes(reader().changes(0, 2)))
                .containsExactly(
                        "1 c null {id=a, name=N, balance=1}",
                        "1 c null {id=b, name=N, balance=2}",
                        "2 u {id=a, name=N, balance=1} {id=a, name=N, balance=3}",
                        "2 d {id=b, name=N, balance=2} null",
                        "2 c null {id=c, name=N, balance=4}");
    }

    @Test
    void somebodyElsesUpdateIsFoldedToo() {
        apply(USERS, create("a", 1), create("b", 2));
        sql("UPDATE %s SET balance = 5 WHERE id = 'a'");
        sql("UPDATE %s SET id = 'z' WHERE id = 'b'");
        sql("DELETE FROM %s WHERE id = 'a'");

        assertThat(changes(reader().changes(2, 4)))
                .containsExactly(
                        "2 u {id=a, name=N, balance=1} {id=a, name=N, balance=5}",
                        "3 d {id=b, name=N, balance=2} null",
                        "3 c null {id=z, name=N, balance=2}",
                        "4 d {id=a, name=N, balance=5} null");
    }

    @Test
    void whatOnlyMovesRowsIsNoChange() {
        apply(USERS, create("a", 1));
        apply(USERS, create("b", 2));
        sql("OPTIMIZE %s");

        assertThat(reader().newestVersion()).isEqualTo(3);
        assertThat(changes(reader().changes(3, 3))).isEmpty();
    }

    @Test
    void aTruncationDeletesEveryRow() {
        apply(USERS, create("a", 1), create("b", 2));
        apply(USERS, "{'op':'t'}", create("b", 3));

        assertThat(changes(reader().changes(2, 2)))
                .containsExactly(
                        "2 d {id=a, name=N, balance=1} null",
                        "2 u {id=b, name=N, balance=2} {id=b, name=N, balance=3}");
    }

    @Test
    void aKeyOfSeveralColumnsIsFoldedByAllOfThem() {
        TableSchema schema = TableSchema.parse("id INT, region STRING, n DECIMAL(30,1)", "region,id");
        apply(schema, row(1, "eu", 1), row(2, "eu", 1), row(1, "us", 1));
        apply(schema, row(1, "us", 2), "{'op':'d','before':{'id':1,'region':'eu'}}");

        assertThat(reader().key()).containsExactly("region", "id");
        assertThat(changes(reader().changes(2, 2)))
                .containsExactly(
                        "2 d {id=1, region=eu, n=1.0} null", "2 u {id=1, region=us, n=1.0} {id=1, region=us, n=2.0}");
    }

    @Test
    void changesOfManyVersionsComeInTheirOrder() {
        apply(USERS, create("a", 0));
        apply(USERS, create("b", 0));
        List<String> expected =
                new ArrayList<>(List.of("1 c null {id=a, name=N, balance=0}", "2 c null {id=b, name=N, balance=0}"));
        // More than are read at once, of one file and of others.
        for (int version = 3; version < 20; version++) {
            String before = "{id=a, name=N, balance=" + (version - 3) + "}";
            apply(USERS, create("a", version - 2));
            expected.add(version + " u " + before + " {id=a, name=N, balance=" + (version - 2) + "}");
        }
        sql("OPTIMIZE %s");
        apply(USERS, "{'op':'d','before':{'id':'b'}}", "{'op':'d','before':{'id':'a'}}");
        expected.add("21 d {id=a, name=N, balance=17} null");
        expected.add("21 d {id=b, name=N, balance=0} null");
        sql("RESTORE %s TO VERSION AS OF 20");
        expected.add("22 c null {id=a, name=N, balance=17}");
        expected.add("22 c null {id=b, name=N, balance=0}");

        assertThat(changes(reader().changes(0, 22))).isEqualTo(expected);
    }

    @Test
    void aVersionThatIsNotThereYetSaysWhichIsTheNewest() {
        apply(USERS, create("a", 1));
        TableReader reader = reader();

        assertThatThrownBy(() -> reader.rows(2, OptionalInt.empty()))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("no version 2 yet: the newest is 1");
        assertThatThrownBy(() -> reader.changes(0, 9))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("no version 9 yet: the newest is 1");
    }

    @Test
    void aVersionWhoseLogIsGoneSaysWhichIsTheOldestLeft() throws IOException {
        for (int version = 1; version <= 4; version++) {
            apply(USERS, create("a", version));
        }
        var log = org.apache.spark.sql.delta.DeltaLog.forTable(spark, hadoopPath());
        log.checkpoint(
                log.getSnapshotAt(3, log.getSnapshotAt$default$2(), log.getSnapshotAt$default$3(), false),
                scala.Option.empty());
        for (int version = 0; version < 3; version++) {
            for (String ending : List.of("json", "crc")) {
                String name = String.format("%020d.%s", version, ending);
                Files.delete(table.resolve("_delta_log").resolve(name));
                Files.deleteIfExists(table.resolve("_delta_log").resolve("." + name + ".crc"));
            }
        }
        org.apache.spark.sql.delta.DeltaLog.clearCache();
        TableReader reader = reader();

        assertThatThrownBy(() -> reader.rows(2, OptionalInt.empty()))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("version 2 of the table")
                .hasMessageContaining("is gone: the oldest left is 3");
        assertThatThrownBy(() -> reader.changes(0, 4)).hasMessageContaining("is gone: the oldest left is 3");
        assertThat(rows(reader.rows(3, OptionalInt.empty()))).containsExactly("id=a, name=N, balance=3");
        assertThat(changes(reader.changes(3, 4))).hasSize(2);
    }

    @Test
    void aVersionWhoseFilesWereVacuumedSaysWhichIsTheOldestLeft() {
        apply(USERS, create("a", 1), create("b", 1));
        apply(USERS, create("a", 2));
        sql("OPTIMIZE %s");
        apply(USERS, create("b", 3));
        vacuum();
        TableReader reader = reader();

        assertThatThrownBy(() -> rows(reader.rows(1, OptionalInt.empty())))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("version 1 of the table")
                .hasMessageContaining("is gone: the oldest left is 3");
        assertThatThrownBy(() -> changes(reader.changes(0, 4)))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("is gone: the oldest left is 3");
        assertThat(rows(reader.rows(3, OptionalInt.empty())))
                .containsExactlyInAnyOrder("id=a, name=N, balance=2", "id=b, name=N, balance=1");
        assertThat(changes(reader.changes(3, 4)))
                .containsExactly("4 u {id=b, name=N, balance=1} {id=b, name=N, balance=3}");
    }

    @Test
    void changesThatWereNotKeptAreSaidWithTheirVersion() {
        sql("CREATE TABLE %s (id STRING) USING delta TBLPROPERTIES ('cdf.key' = 'id')");
        sql("INSERT INTO %s VALUES ('a')");

        assertThatThrownBy(() -> changes(reader().changes(0, 1)))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("was off in version 0")
                .extracting(failure -> ((CdfException) failure).hint())
                .asString()
                .contains("SET TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')");
    }

    @Test
    void aTableWithoutAKeyHasRowsButNoFeed() {
        sql("CREATE TABLE %s (id STRING) USING delta TBLPROPERTIES ('delta.enableChangeDataFeed' = 'true')");
        sql("INSERT INTO %s VALUES ('a')");
        TableReader reader = reader();

        assertThat(rows(reader.rows(1, OptionalInt.empty()))).containsExactly("id=a");
        assertThatThrownBy(() -> reader.changes(0, 1))
                .isInstanceOf(CdfException.class)
                .extracting(failure -> ((CdfException) failure).hint())
                .asString()
                .contains("SET TBLPROPERTIES ('cdf.key' = 'id')");
    }

    @Test
    void aColumnOfAnUnknownTypeIsNamed() {
        sql("CREATE TABLE %s (id STRING, tags ARRAY<STRING>) USING delta");

        assertThatThrownBy(() -> reader().rows(0, OptionalInt.empty()))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("tags is ARRAY<STRING>");
    }

    @Test
    void deadLettersComeInTheOrderOfTheirPlacesWithTextWhereTheBytesAreText() {
        apply(USERS, create("a", 1));
        assertThat(reader().deadLetters()).isEmpty();

        records(
                USERS,
                record("k".getBytes(StandardCharsets.UTF_8), "{'op':'c','after':{'id':'b','balance':1.5}}"),
                record(null, "žádný JSON"));
        records(USERS, RowFactory.create(0, nextOffset++, new java.sql.Timestamp(1), new byte[] {-1}, new byte[] {
            (byte) 0xC0, 0
        }));

        List<cdf.change.Row> letters = new ArrayList<>();
        reader().deadLetters().orElseThrow().forEachRemaining(letters::add);

        assertThat(letters).extracting(letter -> text(letter, "offset")).containsExactly("1", "2", "3");
        assertThat(letters.get(0).columns().keySet())
                .containsExactly("topic", "partition", "offset", "timestamp", "reason", "column", "key", "value");
        assertThat(text(letters.get(0), "column")).isEqualTo("balance");
        assertThat(text(letters.get(0), "timestamp")).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(text(letters.get(0), "key")).isEqualTo("k");
        assertThat(letters.get(1).columns()).containsEntry("key", new Value.Null());
        assertThat(text(letters.get(1), "value")).isEqualTo("žádný JSON");
        assertThat(text(letters.get(2), "keyBase64")).isEqualTo("/w==");
        assertThat(text(letters.get(2), "valueBase64")).isEqualTo("wAA=");
        assertThat(letters.get(2).columns()).doesNotContainKeys("key", "value");
    }

    @Test
    void aDirectoryThatIsNoTableIsRefused() throws IOException {
        assertThatThrownBy(() -> TableReader.open(TestSpark.LOCAL, directory.resolve("absent")))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("there is no directory");
        assertThatThrownBy(() -> TableReader.open(TestSpark.LOCAL, directory))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("is no Delta table");
        Files.createDirectory(directory.resolve("_delta_log"));
        assertThatThrownBy(() -> TableReader.open(TestSpark.LOCAL, directory))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("is no Delta table")
                .extracting(failure -> ((CdfException) failure).exitCode())
                .isEqualTo(ExitCode.FAILED);
    }

    private TableReader reader() {
        return TableReader.open(TestSpark.LOCAL, table);
    }

    private org.apache.hadoop.fs.Path hadoopPath() {
        return new org.apache.hadoop.fs.Path(table.toUri());
    }

    private void sql(String statement) {
        spark.sql(String.format(statement, "delta.`" + table + "`"));
    }

    private void vacuum() {
        spark.conf().set("spark.databricks.delta.retentionDurationCheck.enabled", false);
        // Not ten thousand tasks to list one directory.
        spark.conf().set("spark.sql.sources.parallelPartitionDiscovery.parallelism", 2);
        sql("VACUUM %s RETAIN 0 HOURS");
        spark.conf().unset("spark.sql.sources.parallelPartitionDiscovery.parallelism");
        spark.conf().unset("spark.databricks.delta.retentionDurationCheck.enabled");
    }

    private static String create(String id, long balance) {
        return "{'op':'c','after':{'id':'" + id + "','name':'N','balance':" + balance + "}}";
    }

    private static String row(int id, String region, int n) {
        return "{'op':'c','after':{'id':" + id + ",'region':'" + region + "','n':" + n + "}}";
    }

    private void apply(TableSchema schema, String... events) {
        records(schema, Stream.of(events).map(event -> record(null, event)).toArray(Row[]::new));
    }

    private Row record(byte @Nullable [] key, String event) {
        byte[] value = event.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return RowFactory.create(0, nextOffset++, new java.sql.Timestamp(0), key, value);
    }

    private void records(TableSchema schema, Row... records) {
        Dataset<Row> batch = spark.createDataFrame(List.of(records), RECORDS);
        new ApplyEngine(
                        spark,
                        ChangeTables.open(spark, hadoopPath(), schema),
                        schema,
                        "users",
                        (rows, of) -> {},
                        step -> {})
                .applyBatch(batch);
    }

    private static List<String> rows(TableRows table) {
        List<String> rows = new ArrayList<>();
        table.rows().forEachRemaining(row -> {
            assertThat(row.columns().keySet()).containsExactlyElementsOf(table.columns());
            rows.add(text(row));
        });
        return rows;
    }

    private static List<String> changes(Iterator<TableChange> changes) {
        List<String> texts = new ArrayList<>();
        changes.forEachRemaining(change -> texts.add(text(change)));
        return texts;
    }

    private static String text(TableChange change) {
        ChangeEvent event = change.event();
        return change.version() + " " + event.operation().orElseThrow().letter() + " " + text(event.before()) + " "
                + text(event.after());
    }

    private static String text(Optional<cdf.change.Row> row) {
        return row.map(present -> "{" + text(present) + "}").orElse("null");
    }

    private static String text(cdf.change.Row row) {
        return row.columns().entrySet().stream()
                .map(column -> column.getKey() + "=" + column.getValue().text())
                .collect(Collectors.joining(", "));
    }

    private static String text(cdf.change.Row row, String column) {
        return Objects.requireNonNull(row.columns().get(column)).text();
    }
}
