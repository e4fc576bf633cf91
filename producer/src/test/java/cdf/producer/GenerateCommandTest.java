package cdf.producer;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.Operation;
import cdf.change.Row;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code generate}, as the user runs it, against a broker. */
class GenerateCommandTest {
    /** Smaller than a value of 5,000 levels, larger than the records around it. */
    private static final String LARGEST_MESSAGE = "9000";

    private static EmbeddedBroker broker;

    private final Path directory;

    GenerateCommandTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeAll
    static void startBroker(@TempDir Path directory) {
        broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of("num.partitions", "1")));
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "debezium", "wrapped"})
    void topicReplaysToTheLedgerWhateverTheFormat(String format) throws IOException {
        Path ledger = directory.resolve("ledger");

        Outcome outcome = generate(
                format, "--events=5000", "--rows=200", "--format=" + format, "--ledger=" + ledger, "--malformed=0.01");

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(replay(format, malformed(ledger))).isEqualTo(rowsById(Files.readAllLines(ledger)));
    }

    @Test
    void summaryTellsExactlyWhatTheTopicHolds() {
        Outcome outcome =
                generate("summary", "--events=3000", "--rows=50", "--tombstones", "--malformed=0.1", "--seed=7");

        List<ConsumerRecord<byte[], byte[]>> records = TopicReader.readAll(broker.bootstrapServer(), "summary");
        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out().lines()).hasSize(1);
        assertThat(outcome.number("generated")).isEqualTo(3_000);
        assertThat(outcome.number("created") + outcome.number("updated") + outcome.number("deleted"))
                .isEqualTo(3_000);
        assertThat(outcome.number("tombstones")).isEqualTo(outcome.number("deleted"));
        assertThat(outcome.number("malformed")).isBetween(200L, 400L);
        assertThat(outcome.number("acknowledged"))
                .isEqualTo(3_000 + outcome.number("tombstones") + outcome.number("malformed"))
                .isEqualTo(records.size());
        assertThat(outcome.number("bytes")).isEqualTo(sizeOf(records));
        assertThat(outcome.number("seed")).isEqualTo(7);
        assertThat(outcome.number("behindMillis")).isZero();
        assertThat(Outcome.row(outcome.text("latencyMillis")).columns()).containsOnlyKeys("p50", "p99", "max");
        assertThat(outcome.summary().columns()).containsKeys("seconds", "eventsPerSecond");
    }

    @ParameterizedTest
    @EnumSource(names = {"CREATE", "UPDATE", "DELETE"})
    void summaryCountsEveryKindAsTheTopicHasIt(Operation operation) {
        String topic = "kinds-" + operation.letter();

        Outcome outcome = generate(topic, "--events=500", "--rows=50");

        long inTopic = events(TopicReader.readAll(broker.bootstrapServer(), topic)).stream()
                .filter(event -> event.operation().orElseThrow() == operation)
                .count();
        String field = Map.of(Operation.CREATE, "created", Operation.UPDATE, "updated", Operation.DELETE, "deleted")
                .getOrDefault(operation, "");
        assertThat(outcome.number(field)).isEqualTo(inTopic).isPositive();
    }

    @Test
    void tombstoneFollowsItsDelete() {
        Outcome outcome = generate("tombstones", "--events=1000", "--rows=20", "--tombstones");

        Set<String> awaited = new HashSet<>();
        long tombstones = 0;
        for (ConsumerRecord<byte[], byte[]> record : TopicReader.readAll(broker.bootstrapServer(), "tombstones")) {
            String key = key(record);
            if (record.value() == null) {
                assertThat(awaited.remove(key)).as(key).isTrue();
                tombstones++;
            } else if (decode(record) instanceof Decoded.Accepted accepted
                    && accepted.event() instanceof ChangeEvent.RowDeleted) {
                awaited.add(key);
            }
        }
        assertThat(awaited).isEmpty();
        assertThat(tombstones).isEqualTo(outcome.number("deleted")).isPositive();
    }

    @Test
    void summaryForPeopleSaysTheSame() {
        Outcome outcome = Outcome.of(
                "generate",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=people",
                "--events=20",
                "--events-per-second=0",
                "--seed=7");

        assertThat(outcome.code()).isZero();
        assertThat(outcome.out()).contains("generated 20 events", "acknowledged 20 records", "seed 7");
        assertThat(outcome.err()).isEmpty();
    }

    @Test
    void topicIsCreatedWithThePartitionsAskedForAndAnExistingOneLeftAlone() {
        generate("partitions", "--events=1", "--partitions=3");
        Outcome again = generate("partitions", "--events=1", "--partitions=5");

        assertThat(again.code()).isZero();
        try (Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            assertThat(topics.partitions("partitions")).hasValue(3);
        }
    }

    @Test
    void everyEventOfAPaceIsSentWhenItIsDue() {
        Outcome outcome = generate("paced", "--events=201", "--events-per-second=100");

        assertThat(outcome.number("generated")).isEqualTo(201);
        assertThat(Double.parseDouble(outcome.text("seconds"))).isBetween(2.0, 4.0);
    }

    @Test
    void burstIsSentAtFiveTimesThePace() {
        Outcome outcome = generate("burst", "--events=501", "--events-per-second=100", "--profile=burst");

        assertThat(outcome.number("generated")).isEqualTo(501);
        assertThat(Double.parseDouble(outcome.text("seconds"))).isBetween(1.0, 4.0);
    }

    @Test
    void recordThatTheBrokerRefusesFailsTheCommandWithTheNumberAcknowledged(@TempDir Path data) {
        BrokerSettings strict =
                new BrokerSettings(data, 0, Map.of("num.partitions", "1", "message.max.bytes", LARGEST_MESSAGE));
        try (EmbeddedBroker strictBroker = EmbeddedBroker.start(strict)) {
            Outcome outcome = Outcome.of(
                    "generate",
                    "--bootstrap-server=" + strictBroker.bootstrapServer(),
                    "--partitions=1",
                    "--events=100000",
                    "--events-per-second=1000",
                    "--malformed=1",
                    // A batch larger than the broker takes would be split, and Kafka's client may lose its way then.
                    "-X=batch.size=1000",
                    "-o=json");

            int acknowledged = TopicReader.readAll(strictBroker.bootstrapServer(), "r023hf")
                    .size();
            assertThat(outcome.code()).isEqualTo(1);
            assertThat(outcome.out()).isEmpty();
            assertThat(outcome.err())
                    .startsWith("error: sending to r023hf failed: ")
                    .contains("RecordTooLarge", "; " + acknowledged + " of ", "hint:")
                    .doesNotContain("\tat ");
            assertThat(acknowledged).isPositive();
        }
    }

    @Test
    void debugShowsWhereAFailureComesFrom() {
        Outcome outcome = generate("debug", "--debug", "--events=10", "-X=acks=some");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("acks", "\tat ");
    }

    private static Outcome generate(String topic, String... options) {
        List<String> arguments = new ArrayList<>(
                List.of("generate", "--bootstrap-server=" + broker.bootstrapServer(), "--topic=" + topic, "-o=json"));
        if (Stream.of(options).noneMatch(option -> option.startsWith("--events-per-second"))) {
            arguments.add("--events-per-second=0");
        }
        arguments.addAll(List.of(options));
        return Outcome.of(arguments.toArray(String[]::new));
    }

    /** Replays the topic, holding every event to what came before it. */
    private static Map<String, Row> replay(String topic, Set<String> malformed) {
        Map<String, Row> table = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : TopicReader.readAll(broker.bootstrapServer(), topic)) {
            if (malformed.contains(record.partition() + "@" + record.offset())) {
                continue;
            }
            ChangeEvent event = ((Decoded.Accepted) decode(record)).event();
            String key = key(record);
            if (event instanceof ChangeEvent.RowCreated) {
                assertThat(table).doesNotContainKey(key);
            } else {
                assertThat(event.before()).as(key).hasValue(table.get(key));
            }
            event.after().ifPresentOrElse(row -> table.put(key, row), () -> table.remove(key));
        }
        return table;
    }

    /** Where the malformed records are, which are all of the ledger's faults. */
    private static Set<String> malformed(Path ledger) throws IOException {
        return Files.readAllLines(new Ledger(ledger).faults()).stream()
                .map(Outcome::row)
                .map(fault -> text(fault, "partition") + "@" + text(fault, "offset"))
                .collect(Collectors.toSet());
    }

    private static String text(Row row, String column) {
        var value = row.columns().get(column);
        return value == null ? "" : value.text();
    }

    private static Map<String, Row> rowsById(List<String> ledger) {
        return ledger.stream().map(Outcome::row).collect(Collectors.toMap(row -> text(row, "id"), row -> row));
    }

    private static List<ChangeEvent> events(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> ((Decoded.Accepted) decode(record)).event())
                .toList();
    }

    private static Decoded decode(ConsumerRecord<byte[], byte[]> record) {
        return new EnvelopeReader().read(record.value(), record.timestamp());
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return new String(record.key(), StandardCharsets.UTF_8);
    }

    private static long sizeOf(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .mapToLong(
                        record -> Math.max(0, record.serializedKeySize()) + Math.max(0, record.serializedValueSize()))
                .sum();
    }
}
