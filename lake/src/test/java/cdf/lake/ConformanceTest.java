package cdf.lake;

import cdf.change.CdfException;
import cdf.change.TableSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Runs every {@link Scenario} of the folder {@code conformance} through the engine. */
class ConformanceTest {
    private static final int SCENARIOS = 46;

    private static final Pattern ACCOUNTING =
            Pattern.compile("\\{\"read\":(\\d+),\"applied\":(\\d+),\"superseded\":(\\d+),"
                    + "\"ignored\":(\\d+),\"deadLettered\":(\\d+)}");

    private static SparkSession spark;

    @TempDir
    private Path directory;

    /** How a scenario's records get into the engine. */
    private enum Way {
        /** With a new engine, which has to read its index from the table, for every second batch; in the driver. */
        BATCH_BY_BATCH,
        /** With a task for each partition of the topic. */
        ALL_IN_ONE_BATCH;

        Dataset<Row> batch(List<ConsumerRecord<byte[], byte[]>> records) {
            return this == BATCH_BY_BATCH ? Topic.batch(spark, records) : Topic.batchForTasks(spark, records);
        }
    }

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
        spark.conf().set("spark.sql.datetime.java8API.enabled", true);
    }

    /** Every scenario in every way. */
    static List<Arguments> scenarios() throws Exception {
        List<Arguments> all = new ArrayList<>();
        Path folder = Path.of(ConformanceTest.class.getResource("/conformance").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).as("scenarios").hasSizeGreaterThanOrEqualTo(SCENARIOS);
            for (Path file : sorted) {
                Scenario scenario = read(file);
                for (Way way : Way.values()) {
                    all.add(Arguments.argumentSet(file.getFileName() + " " + way, scenario, way));
                }
            }
        }
        return all;
    }

    @ParameterizedTest
    @MethodSource("scenarios")
    void theEngineDoesWhatTheScenarioSays(Scenario scenario, Way way) {
        org.apache.hadoop.fs.Path path =
                new org.apache.hadoop.fs.Path(directory.resolve("table").toUri());
        TableContents table = new TableContents(spark, path, scenario.finalSchema());
        List<ConsumerRecord<byte[], byte[]>> records =
                scenario.batches().stream().flatMap(List::stream).toList();

        List<List<ConsumerRecord<byte[], byte[]>>> batches =
                way == Way.ALL_IN_ONE_BATCH ? List.of(records) : scenario.batches();
        List<Long> versions = applyBatches(scenario, way, batches, path, table);

        assertThat(table.rows()).containsExactlyInAnyOrderElementsOf(scenario.rows());
        assertDeadLetters(table.deadLetters(), scenario.deadLetters(), records);
        Accounting total = accounting(table, 0, Long.MAX_VALUE);
        if (way == Way.BATCH_BY_BATCH) {
            assertEachBatch(scenario, table, versions);
        } else if (scenario.stops().isEmpty()) {
            assertThat(total.read()).isEqualTo(records.size());
        }
        assertThat(total.deadLettered()).isEqualTo(scenario.deadLetters().size());
        assertThat(schema(scenario, path)).isEqualTo(scenario.finalSchema());
        ApplyEngine engine = engine(scenario, path);
        engine.buildIndex();
        assertThat(engine.rows()).isEqualTo(scenario.rows().size());
    }

    /** Applies the batches and gives the table's version after each. */
    private static List<Long> applyBatches(
            Scenario scenario,
            Way way,
            List<List<ConsumerRecord<byte[], byte[]>>> batches,
            org.apache.hadoop.fs.Path path,
            TableContents table) {
        ApplyEngine engine = engine(scenario, path);
        List<Long> versions = new ArrayList<>();
        for (List<ConsumerRecord<byte[], byte[]>> batch : batches) {
            if (versions.size() % 2 == 1) {
                engine = engine(scenario, path);
            }
            ApplyEngine current = engine;
            if (scenario.stops().isPresent() && versions.size() == batches.size() - 1) {
                assertThatThrownBy(() -> current.applyBatch(way.batch(batch)))
                        .isInstanceOf(CdfException.class)
                        .hasMessageContaining(scenario.stops().get());
            } else {
                long before = engine.tableVersion();
                AppliedBatch applied = engine.applyBatch(way.batch(batch));
                assertThat(applied.tableVersion()).isEqualTo(engine.tableVersion());
                assertThat(applied.accounting()).isEqualTo(accounting(table, before, applied.tableVersion()));
            }
            versions.add(engine.tableVersion());
        }
        return versions;
    }

    private static void assertEachBatch(Scenario scenario, TableContents table, List<Long> versions) {
        Map<Long, List<RowChange>> feed = table.feed();
        long before = 0;
        for (int batch = 0; batch < versions.size(); batch++) {
            long version = versions.get(batch);
            if (scenario.learned().isEmpty()) {
                int commits = scenario.batches().get(batch).isEmpty() ? 0 : 1;
                assertThat(version - before).as("commits of batch %d", batch).isEqualTo(commits);
            }
            List<RowChange> changes = new ArrayList<>();
            for (long each = before + 1; each <= version; each++) {
                changes.addAll(feed.getOrDefault(each, List.of()));
            }
            assertThat(changes)
                    .as("feed of batch %d", batch)
                    .containsExactlyInAnyOrderElementsOf(scenario.feed().get(batch));
            assertThat(accounting(table, before, version))
                    .as("accounting of batch %d", batch)
                    .isEqualTo(scenario.accounting().get(batch));
            before = version;
        }
    }

    /** What the commits after one version, up to another, say of themselves. */
    private static Accounting accounting(TableContents table, long after, long upTo) {
        Accounting total = Accounting.NONE;
        for (Map.Entry<Long, String> commit : table.userMetadata().entrySet()) {
            if (commit.getKey() > after && commit.getKey() <= upTo) {
                total = total.plus(read(commit.getValue()));
            }
        }
        return total;
    }

    private static Accounting read(String json) {
        Matcher numbers = ACCOUNTING.matcher(json);
        assertThat(numbers.matches()).as(json).isTrue();
        return new Accounting(
                Long.parseLong(numbers.group(1)),
                Long.parseLong(numbers.group(2)),
                Long.parseLong(numbers.group(3)),
                Long.parseLong(numbers.group(4)),
                Long.parseLong(numbers.group(5)));
    }

    private static void assertDeadLetters(
            List<Row> letters, List<Scenario.DeadLetter> expected, List<ConsumerRecord<byte[], byte[]>> records) {
        assertThat(letters)
                .extracting(letter -> new Scenario.DeadLetter(
                        letter.getAs("partition"),
                        letter.getAs("offset"),
                        letter.getAs("reason"),
                        letter.getAs("column")))
                .isEqualTo(expected);
        for (Row letter : letters) {
            ConsumerRecord<byte[], byte[]> sent = records.stream()
                    .filter(record -> record.partition() == letter.<Integer>getAs("partition")
                            && record.offset() == letter.<Long>getAs("offset"))
                    .findFirst()
                    .orElseThrow();
            assertThat(letter.<String>getAs("topic")).isEqualTo(sent.topic());
            assertThat(letter.<Instant>getAs("timestamp")).isEqualTo(Instant.ofEpochMilli(sent.timestamp()));
            assertThat(Arrays.equals(letter.getAs("key"), sent.key()))
                    .as("same key")
                    .isTrue();
            assertThat(Arrays.equals(letter.getAs("value"), sent.value()))
                    .as("same value")
                    .isTrue();
        }
    }

    /** The table's own columns, if they follow the events. */
    private static TableSchema schema(Scenario scenario, org.apache.hadoop.fs.Path path) {
        return scenario.learned()
                .flatMap(learned -> ChangeTables.schema(spark, path))
                .orElse(scenario.schema());
    }

    private static ApplyEngine engine(Scenario scenario, org.apache.hadoop.fs.Path path) {
        TableSchema schema = schema(scenario, path);
        return new ApplyEngine(
                spark,
                ChangeTables.open(
                        spark,
                        path,
                        schema,
                        scenario.sequenceBy(),
                        scenario.learned().isPresent()),
                schema,
                Topic.NAME,
                scenario.sequenceBy().map(by -> new Sequencing(by, Sequencing.DEFAULT_TOMBSTONE_RETENTION)),
                (rows, of) -> {},
                step -> {});
    }

    private static Scenario read(Path file) {
        try {
            return Scenario.read(Files.readString(file));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (RuntimeException invalid) {
            throw new IllegalArgumentException("invalid scenario " + file.getFileName(), invalid);
        }
    }
}
