package cdf.lake;

import cdf.change.CdfException;
import cdf.change.TableSchema;
import cdf.kafka.TopicContents;
import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.classic.SparkSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** What the engine does when it is not alone, when a commit fails, and when the topic is not as it should be. */
class ApplyEngineTroubleTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, n BIGINT", "id");

    private static SparkSession spark;

    @TempDir
    private Path directory;

    private org.apache.hadoop.fs.Path table;
    private final Topic topic = new Topic();

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @BeforeEach
    void nameTable() {
        table = new org.apache.hadoop.fs.Path(directory.resolve("table").toUri());
    }

    @ParameterizedTest
    @ValueSource(strings = {"new", "old"})
    void aKeyThatMovesToAnotherPartitionStopsTheRun(String moved) {
        ApplyEngine engine = engine(ApplyEngineTroubleTest::undisturbed);
        for (String id : List.of("a", "b", "old")) {
            topic.send(0, upsert(id, 1));
        }
        topic.send(1, upsert("c", 1));
        engine.applyBatch(topic.batch(spark));
        Map<String, Long> before = Map.of("a", 1L, "b", 1L, "c", 1L, "old", 1L);

        topic.send(0, upsert("a", 2));
        topic.send(0, "{'op':'d','before':{'id':'b'}}");
        topic.send(0, upsert("new", 2));
        topic.send(1, upsert("c", 2));
        topic.send(1, upsert(moved, 3));
        Dataset<Row> batch = topic.batch(spark);
        assertThatThrownBy(() -> engine.applyBatch(batch))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining(
                        "the key " + moved + " changed in partition 0 and then in partition 1 of " + Topic.NAME);

        assertThat(rows()).isEqualTo(before);
        assertThat(engine.rows()).isEqualTo(4);
        assertThat(engine.positions()).isEqualTo(Map.of(0, 3L, 1, 1L));
        topic.send(0, upsert("a", 4));
        topic.send(0, upsert("b", 4));
        topic.send(0, upsert("new", 4));
        topic.send(1, "{'op':'d','before':{'id':'c'}}");
        Accounting accounting = engine.applyBatch(topic.batch(spark)).accounting();
        assertThat(accounting).isEqualTo(new Accounting(4, 4, 0, 0, 0));
        assertThat(rows()).isEqualTo(Map.of("a", 4L, "b", 4L, "new", 4L, "old", 1L));
    }

    @Test
    void columnsThatSomebodyElseMovesMeanwhileGetTheirOwnValues() {
        ApplyEngine engine = engine(ApplyEngineTroubleTest::undisturbed);
        topic.send(0, upsert("a", 1));
        engine.applyBatch(topic.batch(spark));
        sql("ALTER TABLE %s ALTER COLUMN n FIRST");

        topic.send(0, upsert("b", 2));
        engine.applyBatch(topic.batch(spark));
        topic.send(0, upsert("c", 3));
        engine.applyBatch(topic.batch(spark));
        for (int file = 0; file < CompactionPlan.FILES_OF_A_CLASS; file++) {
            topic.send(0, upsert("more " + file, file));
            engine.applyBatch(topic.batch(spark));
        }

        assertThat(engine.compact(false)).isEmpty();
        assertThat(spark.read().format("delta").load(table.toString()).columns())
                .containsExactly("n", "id");
        assertThat(rows())
                .hasSize(3 + CompactionPlan.FILES_OF_A_CLASS)
                .containsAllEntriesOf(Map.of("a", 1L, "b", 2L, "c", 3L));
    }

    @Test
    void aBatchWhoseCommitCannotBeWrittenIsAppliedRightTheNextTime() throws IOException {
        Path log = directory.resolve("table/_delta_log");
        Path aside = directory.resolve("aside");
        boolean[] broken = {false};
        ApplyEngine engine = engine(step -> {
            if (step == ApplyStep.FILES_WRITTEN && broken[0]) {
                replaceByAFile(log, aside);
            }
        });
        topic.send(0, upsert("a", 1));
        topic.send(0, upsert("b", 1));
        engine.applyBatch(topic.batch(spark));

        topic.send(0, upsert("a", 2));
        topic.send(0, "{'op':'d','before':{'id':'b'}}");
        topic.send(0, upsert("c", 2));
        topic.send(0, "poison");
        Dataset<Row> batch = topic.batch(spark);
        broken[0] = true;
        assertThatThrownBy(() -> engine.applyBatch(batch)).isNotInstanceOf(CdfException.class);
        broken[0] = false;
        Files.delete(log);
        Files.move(aside, log);

        assertThat(rows()).isEqualTo(Map.of("a", 1L, "b", 1L));
        assertThat(engine.rows()).isEqualTo(2);
        assertThat(engine.applyBatch(batch).accounting()).isEqualTo(new Accounting(4, 3, 0, 0, 1));
        assertThat(rows()).isEqualTo(Map.of("a", 2L, "c", 2L));
        assertThat(deadLetters()).isEqualTo(1);
    }

    @Test
    void aConflictWithSomebodyElsesCommitIsResolvedByApplyingTheBatchAgain() {
        boolean[] disturbed = {false};
        ApplyEngine engine = engine(step -> {
            if (step == ApplyStep.FILES_WRITTEN && disturbed[0]) {
                disturbed[0] = false;
                sql("DELETE FROM %s WHERE id = 'b'");
            }
        });
        for (String id : List.of("a", "b", "c", "d")) {
            topic.send(0, upsert(id, 1));
        }
        engine.applyBatch(topic.batch(spark));

        topic.send(0, upsert("a", 2));
        topic.send(0, "{'op':'d','before':{'id':'b'}}");
        topic.send(0, "{'op':'d','before':{'id':'c'}}");
        topic.send(0, "poison");
        disturbed[0] = true;
        Accounting accounting = engine.applyBatch(topic.batch(spark)).accounting();

        assertThat(disturbed[0]).isFalse();
        assertThat(accounting).isEqualTo(new Accounting(4, 2, 0, 1, 1));
        assertThat(rows()).isEqualTo(Map.of("a", 2L, "d", 1L));
        assertThat(deadLetters()).isEqualTo(1);
    }

    @Test
    void onlyTheFilesThatSomebodyElseChangedAreReadAgain() {
        List<String> indexed = new ArrayList<>();
        ApplyEngine engine = new ApplyEngine(
                spark,
                ChangeTables.open(spark, table, SCHEMA),
                SCHEMA,
                Topic.NAME,
                (rows, of) -> indexed.add(rows + " of " + of),
                ApplyEngineTroubleTest::undisturbed);
        for (int file = 0; file < 3; file++) {
            for (int row = 0; row < 10; row++) {
                topic.send(0, upsert(file + "-" + row, row));
            }
            engine.applyBatch(topic.batch(spark));
        }
        assertThat(indexed).isEmpty();

        sql("DELETE FROM %s WHERE id = '1-7'");
        engine.buildIndex();

        assertThat(indexed).containsExactly("9 of 9");
        assertThat(engine.rows()).isEqualTo(29);
    }

    @Test
    void ofTwoEnginesTheSecondStopsBeforeItAppliesAnythingTwice() {
        ApplyEngine first = engine(ApplyEngineTroubleTest::undisturbed);
        ApplyEngine second = engine(ApplyEngineTroubleTest::undisturbed);
        topic.send(0, upsert("a", 1));
        topic.send(0, "poison");
        Dataset<Row> batch = topic.batch(spark);
        first.applyBatch(batch);

        assertThatThrownBy(() -> second.applyBatch(batch))
                .isInstanceOf(CdfException.class)
                .hasMessageStartingWith("somebody else applies the topic " + Topic.NAME);

        assertThat(versionOf(table)).isEqualTo(1);
        assertThat(rows()).isEqualTo(Map.of("a", 1L));
        assertThat(deadLetters()).isEqualTo(1);
    }

    @Test
    void anEngineThatBeginsAgainGoesOnFromWhereAnotherCame() {
        ApplyEngine first = engine(ApplyEngineTroubleTest::undisturbed);
        ApplyEngine second = engine(ApplyEngineTroubleTest::undisturbed);
        topic.send(0, upsert("a", 1));
        topic.send(0, "poison");
        Dataset<Row> known = topic.batch(spark);
        first.applyBatch(known);

        second.goOnWith(new TopicContents("id", Map.of(0, 0L), Map.of(0, 2L)));
        assertThat(second.positions()).isEqualTo(Map.of(0, 2L));
        assertThat(second.applyBatch(known).accounting()).isEqualTo(Accounting.NONE);
        topic.send(0, upsert("a", 2));
        Dataset<Row> next = topic.batch(spark);
        assertThat(second.applyBatch(next).accounting()).isEqualTo(new Accounting(1, 1, 0, 0, 0));

        assertThatThrownBy(() -> first.applyBatch(next))
                .isInstanceOf(CdfException.class)
                .hasMessageStartingWith("somebody else applies the topic " + Topic.NAME);
        assertThat(rows()).isEqualTo(Map.of("a", 2L));
        assertThat(deadLetters()).isEqualTo(1);
    }

    @Test
    void aTopicGetsItsIdentityWhenTheBrokerBeginsToTellIt() {
        String none = "AAAAAAAAAAAAAAAAAAAAAA";
        ApplyEngine engine = engine(ApplyEngineTroubleTest::undisturbed);
        engine.goOnWith(new TopicContents(none, Map.of(0, 0L), Map.of(0, 1L)));
        topic.send(0, upsert("a", 1));
        engine.applyBatch(topic.batch(spark));
        sql("ALTER TABLE %s SET TBLPROPERTIES ('cdf.topic-id." + Topic.NAME + "' = '" + none + "')");

        ApplyEngine next = engine(ApplyEngineTroubleTest::undisturbed);
        next.goOnWith(new TopicContents("id", Map.of(0, 0L), Map.of(0, 1L)));
        next.goOnWith(new TopicContents(none, Map.of(0, 0L), Map.of(0, 1L)));

        assertThatThrownBy(() -> next.goOnWith(new TopicContents("other", Map.of(0, 0L), Map.of(0, 1L))))
                .isInstanceOf(CdfException.class)
                .hasMessageContaining("it was deleted and created again");
    }

    @Test
    void anotherThatCommitsBeforeTheIndexIsBuiltIsNoticed() {
        ApplyEngine first = engine(ApplyEngineTroubleTest::undisturbed);
        ApplyEngine second = engine(ApplyEngineTroubleTest::undisturbed);
        topic.send(0, upsert("a", 1));
        first.applyBatch(topic.batch(spark));

        assertThatThrownBy(second::buildIndex)
                .isInstanceOf(CdfException.class)
                .hasMessageStartingWith("somebody else applies the topic " + Topic.NAME);
    }

    @Test
    void ofTwoEnginesAtTheSameMomentOneCommits() {
        topic.send(0, upsert("a", 1));
        topic.send(0, upsert("b", 1));
        Dataset<Row> batch = topic.batch(spark);
        ApplyEngine first = engine(ApplyEngineTroubleTest::undisturbed);
        ApplyEngine second = engine(step -> {
            if (step == ApplyStep.FILES_WRITTEN) {
                first.applyBatch(batch);
            }
        });

        assertThatThrownBy(() -> second.applyBatch(batch))
                .isInstanceOf(CdfException.class)
                .hasMessageStartingWith("somebody else applies the topic " + Topic.NAME);

        assertThat(versionOf(table)).isEqualTo(1);
        assertThat(rows()).isEqualTo(Map.of("a", 1L, "b", 1L));
        assertThat(second.rows()).isZero();
    }

    @Test
    void aTableWhoseWritersShallShuffleIsWrittenAsItIs() {
        ApplyEngine engine = engine(ApplyEngineTroubleTest::undisturbed);
        sql("ALTER TABLE %s SET TBLPROPERTIES ('delta.autoOptimize.optimizeWrite' = 'true')");
        for (int user = 0; user < 100; user++) {
            topic.send(user % 3, upsert("user-" + user, user));
        }
        assertThat(engine.applyBatch(topic.batch(spark)).accounting().applied()).isEqualTo(100);

        for (int user = 0; user < 100; user += 2) {
            topic.send(user % 3, "{'op':'d','before':{'id':'user-" + user + "'}}");
        }
        assertThat(engine.applyBatch(topic.batch(spark)).accounting().applied()).isEqualTo(50);
        assertThat(rows()).hasSize(50).containsEntry("user-7", 7L).doesNotContainKey("user-8");
    }

    @Test
    void moreDeadLettersThanTheDriverTakesAreAllWrittenOnce() {
        ApplyEngine engine = engine(ApplyEngineTroubleTest::undisturbed);
        byte[] poison = "x".repeat(3 << 20).getBytes(StandardCharsets.US_ASCII);
        topic.send(0, upsert("a", 1));
        for (int letter = 0; letter < 3; letter++) {
            topic.send(0, new byte[] {(byte) letter}, poison);
        }
        topic.send(0, upsert("b", 1));
        // Each of sixteen tasks may send the driver 4 MiB: a sixteenth of what all may.
        for (int partition = 1; partition < 16; partition++) {
            topic.send(partition, "poison");
        }
        Accounting accounting = engine.applyBatch(topic.batch(spark)).accounting();

        assertThat(accounting).isEqualTo(new Accounting(20, 2, 0, 0, 18));
        assertThat(rows()).isEqualTo(Map.of("a", 1L, "b", 1L));
        List<Row> letters = spark.read()
                .format("delta")
                .load(DeadLetters.pathOf(table).toString())
                .orderBy("partition", "offset")
                .selectExpr("partition", "offset", "hex(key)", "length(value)")
                .collectAsList();
        assertThat(letters)
                .hasSize(18)
                .startsWith(
                        RowFactory.create(0, 1L, "00", 3 << 20),
                        RowFactory.create(0, 2L, "01", 3 << 20),
                        RowFactory.create(0, 3L, "02", 3 << 20),
                        RowFactory.create(1, 0L, null, 6))
                .doesNotHaveDuplicates();
    }

    @Test
    void whateverSomebodyElseDoesBetweenBatchesTheTableIsAsAPlainReplayHasIt() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, Long> truth = new TreeMap<>();
        ApplyEngine engine = engine(ApplyEngineTroubleTest::undisturbed);
        for (int batch = 0; batch < 12; batch++) {
            for (int event = random.nextInt(1, 40); event > 0; event--) {
                int user = random.nextInt(60);
                if (random.nextInt(4) == 0) {
                    topic.send(user % 3, "{'op':'d','before':{'id':'" + user + "'}}");
                    truth.remove(String.valueOf(user));
                } else {
                    long n = random.nextLong(1_000);
                    topic.send(user % 3, upsert(String.valueOf(user), n));
                    truth.put(String.valueOf(user), n);
                }
            }
            engine.applyBatch(topic.batch(spark));
            int rest = random.nextInt(5);
            switch (random.nextInt(4)) {
                case 0 -> {
                    sql("DELETE FROM %s WHERE n % 5 = " + rest);
                    truth.values().removeIf(n -> n % 5 == rest);
                }
                case 1 -> {
                    sql("UPDATE %s SET n = n + 1000 WHERE n % 5 = " + rest);
                    truth.replaceAll((id, n) -> n % 5 == rest ? n + 1_000 : n);
                }
                case 2 -> DeltaTable.forPath(spark, table.toString()).optimize().executeCompaction();
                default -> engine = random.nextBoolean() ? engine : engine(ApplyEngineTroubleTest::undisturbed);
            }
            assertThat(rows()).as("seed %d, batch %d", seed, batch).isEqualTo(truth);
        }
        engine.buildIndex();
        assertThat(engine.rows()).as("seed %d", seed).isEqualTo(truth.size());
    }

    @Test
    void aWideTableWithACompositeKeyAtItsEndIsIndexedByAFreshEngine() {
        String columns = IntStream.range(0, 120)
                .mapToObj(column -> "c" + column + (column % 2 == 0 ? " BIGINT" : " STRING"))
                .collect(Collectors.joining(", "));
        TableSchema wide = TableSchema.parse(
                columns + ", `key.part` STRING, day DATE, amount DECIMAL(30,4), n BIGINT", "amount,day,key.part");
        Map<String, Long> truth = new LinkedHashMap<>();
        for (long n = 0; n < 200; n++) {
            truth.put(wideKey(n), n);
            topic.send(0, "{'op':'c','after':{" + wideKey(n) + ",'c0':" + n + ",'c119':'x','n':" + n + "}}");
        }
        engine(wide).applyBatch(topic.batch(spark));

        for (long n = 0; n < 200; n += 2) {
            if (n % 4 == 0) {
                truth.remove(wideKey(n));
                topic.send(0, "{'op':'d','before':{" + wideKey(n) + "}}");
            } else {
                truth.put(wideKey(n), -n);
                topic.send(0, "{'op':'u','after':{" + wideKey(n) + ",'n':" + -n + "}}");
            }
        }
        Accounting accounting = engine(wide).applyBatch(topic.batch(spark)).accounting();

        assertThat(accounting).isEqualTo(new Accounting(100, 100, 0, 0, 0));
        List<Row> rows = spark.read()
                .format("delta")
                .load(table.toString())
                .selectExpr("concat_ws('|', `key.part`, day, amount)", "n", "c0")
                .collectAsList();
        assertThat(rows).hasSize(150);
        assertThat(rows.stream().map(row -> row.getLong(1))).containsExactlyInAnyOrderElementsOf(truth.values());
    }

    /** Of two hundred rows, no two with the same three parts, but many with the same two. */
    private static String wideKey(long n) {
        return "'key.part':'" + n % 4 + "','day':" + n / 4 % 5 + ",'amount':" + n / 20 + ".5";
    }

    private static String upsert(String id, long n) {
        return "{'op':'u','after':{'id':'" + id + "','n':" + n + "}}";
    }

    private ApplyEngine engine(Consumer<ApplyStep> steps) {
        return engine(SCHEMA, steps);
    }

    private ApplyEngine engine(TableSchema schema) {
        return engine(schema, ApplyEngineTroubleTest::undisturbed);
    }

    private ApplyEngine engine(TableSchema schema, Consumer<ApplyStep> steps) {
        return new ApplyEngine(
                spark, ChangeTables.open(spark, table, schema), schema, Topic.NAME, (rows, of) -> {}, steps);
    }

    private static void undisturbed(ApplyStep step) {}

    private void sql(String statement) {
        spark.sql(statement.replace("%s", "delta.`" + table + "`"));
    }

    private static void replaceByAFile(Path path, Path aside) {
        try {
            Files.move(path, aside);
            Files.createFile(path);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private long deadLetters() {
        return spark.read()
                .format("delta")
                .load(DeadLetters.pathOf(table).toString())
                .count();
    }

    private static long versionOf(org.apache.hadoop.fs.Path table) {
        return DeltaTable.forPath(spark, table.toString()).history(1).head().<Long>getAs("version");
    }

    private Map<String, Long> rows() {
        Map<String, Long> rows = new TreeMap<>();
        for (Row row : spark.read().format("delta").load(table.toString()).collectAsList()) {
            @Nullable Long twin = rows.put(row.getAs("id"), row.getAs("n"));
            assertThat(twin).as("another row with the key of %s", row).isNull();
        }
        return rows;
    }
}
