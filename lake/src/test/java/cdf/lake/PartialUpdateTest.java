package cdf.lake;

import cdf.change.SequencePath;
import cdf.change.TableSchema;
import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

/** Updates whose events do not have all values, in random histories, against a plain replay. */
class PartialUpdateTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, n BIGINT, a STRING, b STRING", "id");
    private static final SequencePath PATH = SequencePath.parse("source.lsn");
    private static final String PLACEHOLDER = "__debezium_unavailable_value";

    private static SparkSession spark;

    @TempDir
    private Path directory;

    private org.apache.hadoop.fs.Path table;
    private final Topic topic = new Topic();
    private final Map<String, State> expected = new TreeMap<>();
    private final List<Long> orphans = new ArrayList<>();
    private long offset;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @BeforeEach
    void nameTable() {
        table = new org.apache.hadoop.fs.Path(directory.resolve("users").toUri());
    }

    /** What a key's newest change left: no row after a delete. */
    private record State(long sequence, @Nullable Values row) {}

    /** A row but for its key; {@link #PLACEHOLDER} in an event. */
    private record Values(long n, String a, String b) {
        Values over(Values before) {
            return new Values(n, a.equals(PLACEHOLDER) ? before.a : a, b.equals(PLACEHOLDER) ? before.b : b);
        }

        boolean isPartial() {
            return a.equals(PLACEHOLDER) || b.equals(PLACEHOLDER);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void aRowKeepsTheValuesThatItsUpdatesDidNotSend(boolean sequenced) {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        ApplyEngine engine = engine(sequenced);
        Accounting total = Accounting.NONE;
        for (int batch = 0; batch < 15; batch++) {
            int events = 1 + random.nextInt(40);
            for (int event = 0; event < events; event++) {
                sendAny(random, sequenced);
            }
            total = total.plus(engine.applyBatch(topic.batch(spark)).accounting());
            if (random.nextInt(2) == 0) {
                Optional<CompactedFiles> unused = engine.compact(false);
            }
            if (random.nextInt(8) == 0) {
                DeltaTable.forPath(spark, table.toString()).optimize().executeCompaction();
            }
            if (random.nextInt(5) == 0) {
                engine = engine(sequenced);
            }

            assertThat(rows(sequenced)).as("seed " + seed).isEqualTo(expectedRows(sequenced));
        }
        assertThat(deadOffsets()).as("seed " + seed).isEqualTo(orphans);
        assertThat(total)
                .as("seed " + seed)
                .extracting(Accounting::read, Accounting::deadLettered)
                .containsExactly(offset, (long) orphans.size());
        engine.buildIndex();
        assertThat(engine.rows()).isEqualTo(expectedRows(sequenced).size());
    }

    @Test
    void manyRowsAreCompletedAcrossManyFiles() {
        ApplyEngine engine = engine(false);
        int keys = 21_000;
        for (int part = 0; part < 3; part++) {
            for (int key = part; key < keys; key += 3) {
                send("u", "user-" + key, new Values(key, "a" + key, "b" + key), 0);
            }
            engine.applyBatch(topic.batch(spark));
        }
        for (int key = 0; key < keys; key++) {
            send("u", "user-" + key, new Values(-key, key % 3 == 0 ? "new" : PLACEHOLDER, PLACEHOLDER), 0);
        }

        AppliedBatch applied = engine.applyBatch(topic.batch(spark));

        assertThat(applied.accounting().applied()).isEqualTo(keys);
        assertThat(rows(false)).isEqualTo(expectedRows(false));
        for (int key = 0; key < keys; key += 100) {
            send("d", "user-" + key, null, 0);
        }
        engine.applyBatch(topic.batch(spark));
        assertThat(rows(false)).isEqualTo(expectedRows(false));
    }

    /** Mostly updates of few keys; with a sequence, one in six is late or comes again. */
    private void sendAny(Random random, boolean sequenced) {
        String id = "user-" + random.nextInt(12);
        long sequence = sequenced && random.nextInt(6) == 0 ? 1 + random.nextLong(offset + 1) : offset + 1;
        switch (random.nextInt(10)) {
            case 0 -> send("d", id, null, sequence);
            case 1, 2 -> send("c", id, new Values(offset, text(random), text(random)), sequence);
            default ->
                send(
                        "u",
                        id,
                        new Values(
                                offset,
                                random.nextInt(3) == 0 ? text(random) : PLACEHOLDER,
                                random.nextInt(2) == 0 ? text(random) : PLACEHOLDER),
                        sequence);
        }
    }

    private static String text(Random random) {
        return "text-" + random.nextInt(1_000);
    }

    /** Sends a change, and replays it on the expected rows; without a sequence none is late. */
    private void send(String operation, String id, @Nullable Values values, long sequence) {
        String row = values == null
                ? "{'id':'%s'}".formatted(id)
                : "{'id':'%s','n':%d,'a':'%s','b':'%s'}".formatted(id, values.n(), values.a(), values.b());
        topic.send(
                0,
                "{'op':'%s','%s':%s,'source':{'lsn':%d}}"
                        .formatted(operation, values == null ? "before" : "after", row, sequence));
        long sent = offset++;
        State before = expected.get(id);
        if (before != null && sequence > 0 && sequence <= before.sequence()) {
            return;
        }
        if (values == null || operation.equals("c") || !values.isPartial()) {
            expected.put(id, new State(sequence, values));
        } else if (before != null && before.row() != null) {
            expected.put(id, new State(sequence, values.over(before.row())));
        } else {
            orphans.add(sent);
        }
    }

    private ApplyEngine engine(boolean sequenced) {
        Optional<Sequencing> order = sequenced
                ? Optional.of(new Sequencing(PATH, Sequencing.DEFAULT_TOMBSTONE_RETENTION))
                : Optional.empty();
        return new ApplyEngine(
                spark,
                ChangeTables.open(spark, table, SCHEMA, order.map(Sequencing::path)),
                SCHEMA,
                Topic.NAME,
                order,
                (rows, of) -> {},
                step -> {});
    }

    private Map<String, List<Object>> expectedRows(boolean sequenced) {
        Map<String, List<Object>> rows = new TreeMap<>();
        expected.forEach((id, state) -> {
            Values row = state.row();
            if (row != null) {
                rows.put(id, List.of(row.n(), row.a(), row.b(), sequenced ? state.sequence() : 0L));
            }
        });
        return rows;
    }

    private Map<String, List<Object>> rows(boolean sequenced) {
        Map<String, List<Object>> rows = new TreeMap<>();
        for (Row row : spark.read().format("delta").load(table.toString()).collectAsList()) {
            Long sequence = sequenced ? row.getLong(4) : 0L;
            assertThat(rows.put(
                            row.getString(0), List.of(row.getLong(1), row.getString(2), row.getString(3), sequence)))
                    .isNull();
        }
        return rows;
    }

    private List<Long> deadOffsets() {
        return new TableContents(spark, table, SCHEMA)
                .deadLetters().stream()
                        .map(letter -> letter.<Long>getAs("offset"))
                        .toList();
    }
}
