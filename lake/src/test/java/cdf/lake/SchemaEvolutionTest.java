package cdf.lake;

import cdf.change.CdfException;
import cdf.change.TableSchema;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A table that follows its events, with what happens to any table in between. */
class SchemaEvolutionTest {
    private static final TableSchema FIRST = TableSchema.parse("id INT, n INT", "id");

    private static SparkSession spark;

    @TempDir
    private Path directory;

    private final Topic topic = new Topic();

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @Test
    void filesOfEverySchemaAreMergedAndReadersSeeEveryChange() {
        ApplyEngine engine = engine(FIRST);
        List<CompactedFiles> merged = new ArrayList<>();
        Map<Integer, String> expected = new TreeMap<>();
        for (int batch = 0; batch < 45; batch++) {
            String columns = batch < 15 ? "n int32" : batch < 30 ? "n int32,name string" : "n int64,name string";
            send(columns, batch, batch < 15 ? "'n':1" : "'n':1,'name':'N'");
            send(columns, batch % 7, batch < 15 ? "'n':2" : "'n':2,'name':'M'");
            expected.put(batch, batch < 15 ? "1 null" : "1 N");
            expected.put(batch % 7, batch < 15 ? "2 null" : "2 M");
            engine.applyBatch(topic.batch(spark));
            engine.compact(false).ifPresent(merged::add);
        }

        assertThat(merged).isNotEmpty();
        assertThat(rows()).isEqualTo(expected);
        assertThat(ChangeTables.schema(spark, path()))
                .contains(TableSchema.parse("id INT, n BIGINT, name STRING", "id"));
        TableReader reader = TableReader.open(TestSpark.LOCAL, directory.resolve("table"));
        Iterator<TableChange> changes = reader.changes(0, reader.newestVersion());
        List<TableChange> all = new ArrayList<>();
        changes.forEachRemaining(all::add);
        assertThat(all).hasSizeGreaterThan(50);
        assertThat(all.get(0).event().after().orElseThrow().columns().keySet()).containsExactly("id", "n", "name");
        send("n int64,name string", 3, "'n':3000000000,'name':'X'");
        engine(FIRST).applyBatch(topic.batch(spark));
        assertThat(rows()).containsEntry(3, "3000000000 X");
    }

    /** The schema is in the table already then, and nothing of what comes of it. */
    @Test
    void aProcessThatDiesAfterTheSchemaChangedGoesOn() {
        ApplyEngine engine = engine(FIRST);
        send("n int32", 1, "'n':1");
        engine.applyBatch(topic.batch(spark));
        send("n int32", 2, "'n':2");
        send("n int32,name string", 3, "'n':3,'name':'C'");
        ApplyEngine dying = new ApplyEngine(
                spark,
                ChangeTables.open(spark, path(), FIRST, Optional.empty(), true),
                FIRST,
                Topic.NAME,
                (rows, of) -> {},
                step -> {
                    if (step == ApplyStep.SCHEMA_COMMITTED) {
                        throw new IllegalStateException("killed");
                    }
                });
        assertThatThrownBy(() -> dying.applyBatch(topic.batch(spark))).hasMessage("killed");
        assertThat(rows()).isEqualTo(Map.of(1, "1 null", 2, "2 null"));

        Topic again = new Topic();
        again.send(0, "{'op':'m'}");
        again.send(0, "{'op':'m'}");
        send(again, "n int32,name string", 3, "'n':3,'name':'C'");
        engine(FIRST).applyBatch(again.batch(spark));

        assertThat(rows()).isEqualTo(Map.of(1, "1 null", 2, "2 null", 3, "3 C"));
    }

    @Test
    void columnsThatSomebodyElseAddedStay() {
        ApplyEngine engine = engine(FIRST);
        send("n int32", 1, "'n':1");
        engine.applyBatch(topic.batch(spark));
        var unused = spark.sql("ALTER TABLE delta.`" + path() + "` ADD COLUMNS (note STRING)");
        send("n int32", 2, "'n':2");
        engine.applyBatch(topic.batch(spark));
        send("n int32,name string", 3, "'n':3,'name':'C'");
        Dataset<Row> next = topic.batch(spark);

        assertThatThrownBy(() -> engine.applyBatch(next))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("somebody else changed the columns");
        engine(FIRST).applyBatch(next);

        assertThat(ChangeTables.schema(spark, path()))
                .contains(TableSchema.parse("id INT, n INT, note STRING, name STRING", "id"));
        assertThat(rows()).isEqualTo(Map.of(1, "1 null", 2, "2 null", 3, "3 C"));
    }

    private org.apache.hadoop.fs.Path path() {
        return new org.apache.hadoop.fs.Path(directory.resolve("table").toUri());
    }

    private ApplyEngine engine(TableSchema first) {
        TableSchema schema = ChangeTables.schema(spark, path()).orElse(first);
        return new ApplyEngine(
                spark,
                ChangeTables.open(spark, path(), schema, Optional.empty(), true),
                schema,
                Topic.NAME,
                (rows, of) -> {},
                step -> {});
    }

    private void send(String columns, int id, String values) {
        send(topic, columns, id, values);
    }

    private static void send(Topic to, String columns, int id, String values) {
        StringBuilder fields = new StringBuilder("{'type':'int32','field':'id'}");
        for (String column : columns.split(",", -1)) {
            String[] parts = column.split(" ", -1);
            fields.append(",{'type':'")
                    .append(parts[1])
                    .append("','field':'")
                    .append(parts[0])
                    .append("'}");
        }
        String event = "{'schema':{'type':'struct','fields':[{'type':'struct','fields':[" + fields
                + "],'field':'after'}]},'payload':{'op':'u','after':{'id':" + id + "," + values + "}}}";
        to.send(0, null, event.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    private Map<Integer, String> rows() {
        Map<Integer, String> rows = new TreeMap<>();
        spark.read().format("delta").load(path().toString()).collectAsList().forEach(row -> assertThat(rows.put(
                        row.getInt(0), row.get(1) + " " + (row.length() == 2 ? "null" : row.<String>getAs("name"))))
                .isNull());
        return Collections.unmodifiableMap(rows);
    }
}
