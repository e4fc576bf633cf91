package cdf.lake;

import cdf.change.CdfException;
import cdf.change.KeyHash;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Changes in the order of a number that they have, across batches, restarts, crashes and compactions. */
class SequenceTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, n BIGINT", "id");
    private static final SequencePath PATH = SequencePath.parse("source.lsn");
    private static final Duration WEEK = Duration.ofDays(7);

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
        table = new org.apache.hadoop.fs.Path(directory.resolve("users").toUri());
    }

    /** One change of a row; a delete if there is no {@code n}. */
    private record Change(
            String id, long sequence, @Nullable Long n) {
        String event() {
            return n == null
                    ? "{'op':'d','before':{'id':'" + id + "'},'source':{'lsn':" + sequence + "}}"
                    : "{'op':'u','after':{'id':'" + id + "','n':" + n + "},'source':{'lsn':" + sequence + "}}";
        }
    }

    @Test
    void eventsInAnyOrderAndMoreThanOnceGiveTheTableThatTheirSequenceGives() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Change> sent = history(random, 400, 30);
        Map<String, Change> newest = new HashMap<>();
        ApplyEngine engine = engine();
        Accounting total = Accounting.NONE;
        for (int from = 0; from < sent.size(); ) {
            List<Change> batch = sent.subList(from, Math.min(sent.size(), from + 1 + random.nextInt(60)));
            from += batch.size();
            batch.forEach(this::send);
            batch.forEach(change ->
                    newest.merge(change.id(), change, (known, now) -> now.sequence() > known.sequence() ? now : known));
            total = total.plus(engine.applyBatch(topic.batch(spark)).accounting());
            if (random.nextInt(2) == 0) {
                Optional<CompactedFiles> unused = engine.compact(false);
            }
            if (random.nextInt(12) == 0) {
                DeltaTable.forPath(spark, table.toString()).optimize().executeCompaction();
            }
            if (random.nextInt(5) == 0) {
                engine = engine();
            }

            assertThat(rows()).as("seed " + seed).isEqualTo(rowsOf(newest));
        }
        assertThat(total.read()).isEqualTo(sent.size());
        assertThat(total.deadLettered()).isZero();
        engine.buildIndex();
        assertThat(engine.rows()).isEqualTo(rows().size());
        assertThat(feedAddedUp()).as("seed " + seed).isEqualTo(rows());
    }

    @Test
    void aNewEngineKnowsTheTombstones() {
        send(new Change("a", 10, 1L));
        send(new Change("a", 20, null));
        send(new Change("b", 21, null));
        apply(engine());

        send(new Change("a", 19, 2L));
        send(new Change("b", 20, 2L));
        send(new Change("b", 21, null));
        Accounting accounting = apply(engine());

        assertThat(rows()).isEmpty();
        assertThat(accounting).isEqualTo(new Accounting(3, 0, 1, 2, 0));
    }

    /** The tombstone of "x" is of a batch that was not committed; the next one ends before the delete. */
    @Test
    void tombstonesOfABatchThatDidNotGetIntoTheTableAreNotBelieved() {
        send(new Change("gone", 5, null));
        apply(engine());
        send(new Change("x", 10, 1L));
        send(new Change("x", 20, null));
        assertThatThrownBy(() -> apply(engine(WEEK, SequenceTest::die))).hasMessage("killed");
        assertThat(tombstones()).isEqualTo(Map.of("gone", 5L, "x", 20L));

        Topic again = new Topic();
        again.send(0, new Change("gone", 5, null).event());
        again.send(0, new Change("x", 10, 1L).event());
        engine().applyBatch(again.batch(spark));

        assertThat(rows()).isEqualTo(Map.of("x", List.of(1L, 10L)));

        again.send(0, new Change("y", 30, null).event());
        engine().applyBatch(again.batch(spark));
        assertThat(tombstones()).isEqualTo(Map.of("gone", 5L, "y", 30L));

        again.send(0, new Change("gone", 4, 1L).event());
        again.send(0, new Change("x", 20, null).event());
        again.send(0, new Change("y", 29, 1L).event());
        engine().applyBatch(again.batch(spark));
        assertThat(rows()).isEmpty();
    }

    @Test
    void anEngineWhoseBatchFailedGoesOnAsIfItHadNotBegun() {
        boolean[] dying = {false};
        ApplyEngine engine = engine(WEEK, step -> {
            if (dying[0]) {
                die(step);
            }
        });
        send(new Change("a", 10, 1L));
        send(new Change("b", 11, null));
        apply(engine);
        Topic again = new Topic();
        again.send(0, "{'op':'m'}");
        again.send(0, "{'op':'m'}");
        for (Change change : List.of(
                new Change("a", 20, null),
                new Change("b", 21, 2L),
                new Change("c", 22, 3L),
                new Change("d", 23, null),
                new Change("b", 5, 9L))) {
            send(change);
        }
        dying[0] = true;
        assertThatThrownBy(() -> apply(engine)).hasMessage("killed");
        dying[0] = false;

        for (Change change : List.of(new Change("a", 11, 4L), new Change("b", 12, 5L), new Change("d", 6, 6L))) {
            again.send(0, change.event());
        }
        engine.applyBatch(again.batch(spark));

        assertThat(rows()).isEqualTo(Map.of("a", List.of(4L, 11L), "b", List.of(5L, 12L), "d", List.of(6L, 6L)));
    }

    @Test
    void whatTheRetentionIsOverForIsForgottenAndPruned() {
        send(new Change("a", 10, null));
        send(new Change("b", 10, null));
        apply(engine());

        ApplyEngine forgetful = engine(Duration.ZERO, step -> {});
        send(new Change("a", 9, 1L));
        apply(forgetful);
        assertThat(rows()).isEqualTo(Map.of("a", List.of(1L, 9L)));
        assertThat(tombstones()).isEqualTo(Map.of("a", 10L, "b", 10L));

        send(new Change("c", 10, null));
        apply(forgetful);
        assertThat(tombstones()).isEqualTo(Map.of("c", 10L));

        send(new Change("a", 10, 2L));
        send(new Change("b", 10, 2L));
        send(new Change("c", 10, 2L));
        apply(engine());
        assertThat(rows()).isEqualTo(Map.of("a", List.of(2L, 10L), "b", List.of(2L, 10L)));
    }

    @Test
    void aRunningEngineForgetsWhatItPrunes() {
        ApplyEngine engine = engine(Duration.ZERO, step -> {});
        send(new Change("a", 10, null));
        apply(engine);
        send(new Change("b", 10, null));
        apply(engine);

        send(new Change("a", 9, 1L));
        send(new Change("b", 9, 1L));
        apply(engine);

        assertThat(tombstones()).isEqualTo(Map.of("b", 10L));
        assertThat(rows()).isEqualTo(Map.of("a", List.of(1L, 9L)));
    }

    @Test
    void smallFilesOfTombstonesAreMergedAndNoneIsLost() {
        ApplyEngine engine = engine();
        for (int commit = 0; commit < 54; commit++) {
            send(new Change("user-" + commit % 27, 10 + commit, null));
            apply(engine);
        }

        for (int key = 0; key < 27; key++) {
            send(new Change("user-" + key, 10, 1L));
        }
        apply(engine());

        assertThat(rows()).isEmpty();
        assertThat(tombstones()).hasSize(27);
        assertThat(DeltaLog.forTable(spark, Tombstones.pathOf(table))
                        .unsafeVolatileSnapshot()
                        .numOfFiles())
                .isLessThan(10);
    }

    @Test
    void withoutItsTombstonesATableIsNotChanged() throws IOException {
        send(new Change("a", 10, null));
        apply(engine());
        Path tombstones = directory.resolve("users-tombstones");
        Files.move(tombstones, directory.resolve("elsewhere"));
        DeltaLog.clearCache();

        CdfException refused = catchThrowableOfType(CdfException.class, () -> engine().buildIndex());

        assertThat(refused.problem()).contains("needs version 1 of").endsWith("which is gone");
        assertThat(refused.hint()).contains("--tombstone-retention 0");
        assertThat(tombstones).doesNotExist();
        send(new Change("a", 9, 1L));
        send(new Change("b", 9, null));
        apply(engine(Duration.ZERO, step -> {}));
        assertThat(rows()).isEqualTo(Map.of("a", List.of(1L, 9L)));
        send(new Change("b", 8, 1L));
        apply(engine());
        assertThat(rows()).isEqualTo(Map.of("a", List.of(1L, 9L)));
    }

    /** A batch of late rows alone adds no file, one with some adds one in which they are deleted. */
    @Test
    void lateRowsAreInNoVersionOfTheTable() {
        ApplyEngine engine = engine();
        send(new Change("a", 10, 1L));
        send(new Change("b", 11, 1L));
        apply(engine);
        send(new Change("a", 9, 2L));
        apply(engine);
        DeltaLog log = DeltaLog.forTable(spark, table);
        assertThat(log.update(false, Option.empty(), Option.empty()).numOfFiles())
                .isEqualTo(1);

        send(new Change("c", 12, 3L));
        send(new Change("b", 8, 4L));
        apply(engine);

        assertThat(rows()).isEqualTo(Map.of("a", List.of(1L, 10L), "b", List.of(1L, 11L), "c", List.of(3L, 12L)));
        assertThat(spark.read().format("delta").load(table.toString()).count()).isEqualTo(3);
        assertThat(feedAddedUp()).isEqualTo(rows());
        send(new Change("c", 13, null));
        apply(engine);
        assertThat(rows()).isEqualTo(Map.of("a", List.of(1L, 10L), "b", List.of(1L, 11L)));
        assertThat(log.update(false, Option.empty(), Option.empty()).numOfFiles())
                .as("the file of c and of what was late in it is gone")
                .isEqualTo(1);
    }

    /** Changes with numbers from 1 up, near their order: one in eight comes again, at once or later. */
    private static List<Change> history(Random random, int changes, int keys) {
        Map<Double, Change> placed = new TreeMap<>();
        for (int sequence = 1; sequence <= changes; sequence++) {
            @Nullable Long n = random.nextInt(3) == 0 ? null : Long.valueOf(random.nextInt(1_000));
            Change change = new Change("user-" + random.nextInt(keys), sequence, n);
            placed.put(sequence + random.nextDouble() * 150, change);
            if (random.nextInt(8) == 0) {
                placed.put(sequence + random.nextDouble() * 300, change);
            }
        }
        return new ArrayList<>(placed.values());
    }

    private static void die(ApplyStep step) {
        if (step == ApplyStep.TOMBSTONES_COMMITTED) {
            throw new IllegalStateException("killed");
        }
    }

    private ApplyEngine engine() {
        return engine(WEEK, step -> {});
    }

    private ApplyEngine engine(Duration retention, Consumer<ApplyStep> steps) {
        return new ApplyEngine(
                spark,
                ChangeTables.open(spark, table, SCHEMA, Optional.of(PATH)),
                SCHEMA,
                Topic.NAME,
                Optional.of(new Sequencing(PATH, retention)),
                (rows, of) -> {},
                steps);
    }

    private void send(Change change) {
        topic.send(0, change.event());
    }

    private Accounting apply(ApplyEngine engine) {
        return engine.applyBatch(topic.batch(spark)).accounting();
    }

    private static Map<String, List<Long>> rowsOf(Map<String, Change> newest) {
        Map<String, List<Long>> rows = new TreeMap<>();
        newest.forEach((id, change) -> {
            if (change.n() != null) {
                rows.put(id, List.of(change.n(), change.sequence()));
            }
        });
        return rows;
    }

    /** Of each key the other column and the sequence. */
    private Map<String, List<Long>> rows() {
        Map<String, List<Long>> rows = new TreeMap<>();
        for (Row row : spark.read().format("delta").load(table.toString()).collectAsList()) {
            assertThat(rows.put(row.getString(0), List.of(row.getLong(1), row.getLong(2))))
                    .isNull();
        }
        return rows;
    }

    /** The changes of all versions one after the other; each delete must be of the row that is there. */
    private Map<String, List<Long>> feedAddedUp() {
        Map<String, List<Long>> rows = new TreeMap<>();
        List<Row> changes = spark.read()
                .format("delta")
                .option("readChangeFeed", true)
                .option("startingVersion", 0)
                .load(table.toString())
                .orderBy("_commit_version", "_change_type")
                .collectAsList();
        for (Row change : changes) {
            List<Long> row = List.of(change.getLong(1), change.getLong(2));
            if (change.<String>getAs("_change_type").equals("delete")) {
                assertThat(rows.remove(change.getString(0))).isEqualTo(row);
            } else {
                assertThat(rows.put(change.getString(0), row)).isNull();
            }
        }
        return Collections.unmodifiableMap(rows);
    }

    /** Of each key the numbers of its delete that the newest version of the tombstones has. */
    private Map<String, Long> tombstones() {
        Map<List<Long>, String> names = new HashMap<>();
        for (String id : ids()) {
            KeyHash hash = new KeyHash();
            byte[] bytes = id.getBytes(StandardCharsets.UTF_8);
            hash.start().add(bytes, 0, bytes.length).finish();
            names.put(List.of(hash.high(), hash.low()), id);
        }
        Map<String, Long> tombstones = new TreeMap<>();
        for (Row row : spark.read()
                .format("delta")
                .load(Tombstones.pathOf(table).toString())
                .collectAsList()) {
            tombstones.put(names.getOrDefault(List.of(row.getLong(0), row.getLong(1)), "?"), row.getLong(2));
        }
        return tombstones;
    }

    private static List<String> ids() {
        List<String> ids = new ArrayList<>(List.of("a", "b", "c", "d", "x", "y", "gone"));
        for (int key = 0; key < 40; key++) {
            ids.add("user-" + key);
        }
        return ids;
    }
}
