package cdf.lake;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.junit.jupiter.api.AfterAll;
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
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Runs every {@link Scenario} of the folder {@code conformance} through the engine. */
class ConformanceTest {
    private static final int SCENARIOS = 37;

    private static LocalSpark local;
    private static SparkSession spark;

    @TempDir
    private Path directory;

    /** How a scenario's records get into the engine. */
    private enum Way {
        /** With a new engine, which has to read its index from the table, for every second batch. */
        BATCH_BY_BATCH,
        ALL_IN_ONE_BATCH
    }

    @BeforeAll
    static void startSpark() {
        local = LocalSpark.startWithDelta();
        spark = (SparkSession) local.session();
        spark.conf().set("spark.sql.datetime.java8API.enabled", true);
        planForAFewRows();
    }

    /** Planning, compiling and scheduling would take most of the time, for tables of a few rows. */
    private static void planForAFewRows() {
        spark.conf().set("spark.sql.adaptive.enabled", false);
        spark.conf().set("spark.sql.codegen.wholeStage", false);
        spark.conf().set("spark.sql.shuffle.partitions", 1);
        spark.conf().set("spark.databricks.delta.snapshotPartitions", 1);
    }

    @AfterAll
    static void stopSpark() {
        local.close();
    }

    /** Every scenario in every way; with one batch, all ways are the same. */
    static List<Arguments> scenarios() throws Exception {
        List<Arguments> all = new ArrayList<>();
        Path folder = Path.of(ConformanceTest.class.getResource("/conformance").toURI());
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> sorted = files.sorted().toList();
            assertThat(sorted).as("scenarios").hasSizeGreaterThanOrEqualTo(SCENARIOS);
            for (Path file : sorted) {
                Scenario scenario = read(file);
                for (Way way : Way.values()) {
                    if (way == Way.BATCH_BY_BATCH || scenario.batches().size() > 1) {
                        all.add(Arguments.argumentSet(file.getFileName() + " " + way, scenario, way));
                    }
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
        TableContents table = new TableContents(spark, path, scenario.schema());
        List<ConsumerRecord<byte[], byte[]>> records =
                scenario.batches().stream().flatMap(List::stream).toList();

        if (way == Way.ALL_IN_ONE_BATCH) {
            Accounting accounting = engine(scenario, path)
                    .applyBatch(Topic.batch(spark, records))
                    .accounting();
            assertThat(accounting.read()).isEqualTo(records.size());
            assertThat(accounting.deadLettered())
                    .isEqualTo(scenario.deadLetters().size());
        } else {
            applyBatches(scenario, path, table);
        }

        assertThat(table.rows()).containsExactlyInAnyOrderElementsOf(scenario.rows());
        assertDeadLetters(table.deadLetters(), scenario.deadLetters(), records);
    }

    private static void applyBatches(Scenario scenario, org.apache.hadoop.fs.Path path, TableContents table) {
        ApplyEngine engine = engine(scenario, path);
        List<AppliedBatch> applied = new ArrayList<>();
        for (List<ConsumerRecord<byte[], byte[]>> batch : scenario.batches()) {
            if (applied.size() % 2 == 1) {
                engine = engine(scenario, path);
            }
            applied.add(engine.applyBatch(Topic.batch(spark, batch)));
        }

        assertThat(applied).extracting(AppliedBatch::accounting).isEqualTo(scenario.accounting());
        Map<Long, List<RowChange>> feed = table.feed();
        Map<Long, String> userMetadata = table.userMetadata();
        long version = 0;
        for (int batch = 0; batch < applied.size(); batch++) {
            if (scenario.batches().get(batch).isEmpty()) {
                assertThat(applied.get(batch).tableVersion()).as("no commit").isEqualTo(version);
                continue;
            }
            version++;
            assertThat(applied.get(batch).tableVersion()).isEqualTo(version);
            assertThat(feed.getOrDefault(version, List.of()))
                    .as("feed of batch %d", batch)
                    .containsExactlyInAnyOrderElementsOf(scenario.feed().get(batch));
            assertThat(userMetadata.get(version))
                    .isEqualTo(json(scenario.accounting().get(batch)));
        }
        assertThat(engine.rows()).isEqualTo(scenario.rows().size());
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

    private static ApplyEngine engine(Scenario scenario, org.apache.hadoop.fs.Path path) {
        return new ApplyEngine(
                spark,
                ChangeTables.open(spark, path, scenario.schema(), scenario.sequenceBy()),
                scenario.schema(),
                Topic.NAME,
                scenario.sequenceBy().map(by -> new Sequencing(by, Sequencing.DEFAULT_TOMBSTONE_RETENTION)),
                (rows, of) -> {},
                step -> {});
    }

    private static String json(Accounting accounting) {
        return "{\"read\":%d,\"applied\":%d,\"superseded\":%d,\"ignored\":%d,\"deadLettered\":%d}"
                .formatted(
                        accounting.read(),
                        accounting.applied(),
                        accounting.superseded(),
                        accounting.ignored(),
                        accounting.deadLettered());
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
