package cdf.producer;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.ChangeEvent;
import cdf.change.ChangeEvent.RowDeleted;
import cdf.change.ChangeEvent.RowUpdated;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.EventDecoder;
import cdf.change.TableSchema;
import cdf.change.Value;
import cdf.generator.Fault;
import cdf.generator.MalformedRecords;
import cdf.generator.UnusualKeys;
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
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** Finds the faults in the topic without the ledger, and compares with what the ledger says. */
class FaultsInTheTopicTest {
    private static final List<String> ALL =
            Stream.of(Fault.values()).map(fault -> fault.option() + "=0.1").toList();

    private static EmbeddedBroker broker;

    private final Path directory;

    FaultsInTheTopicTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @BeforeAll
    static void startBroker(@TempDir Path directory) {
        broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"plain", "debezium", "wrapped"})
    void topicHasExactlyTheFaultsOfTheLedgerAtTheirOffsets(String format) throws IOException {
        Run run = generate(format, with(ALL, "--format=" + format, "--tombstones"));

        Map<Fault, Set<Place>> found = new Finder().find(run.records);
        for (Fault fault : List.of(
                Fault.MALFORMED,
                Fault.DELETE_WITHOUT_BEFORE,
                Fault.UPDATE_WITHOUT_BEFORE,
                Fault.EXTRA_FIELDS,
                Fault.UNUSUAL_KEY)) {
            assertThat(found.get(fault)).as(fault.name()).isNotEmpty().isEqualTo(run.places(fault));
        }
        Set<Place> duplicates = new HashSet<>(run.places(Fault.DUPLICATE));
        duplicates.addAll(run.places(Fault.LATE_DUPLICATE));
        assertThat(found.get(Fault.DUPLICATE)).isEqualTo(duplicates);
    }

    @ParameterizedTest
    @EnumSource
    void summaryCountsWhatTheLedgerLists(Fault fault) throws IOException {
        Run run = generate("one-" + fault.ledgerName(), List.of(fault.option() + "=0.2", "--tombstones"));

        assertThat(run.outcome.number(fault.field()))
                .isEqualTo(run.faults.size())
                .isPositive();
        assertThat(run.faults).allMatch(line -> line.fault.equals(fault.ledgerName()));
        Set<String> others = Stream.of(Fault.values())
                .filter(each -> each != fault && each != Fault.MALFORMED)
                .map(Fault::field)
                .collect(Collectors.toSet());
        assertThat(run.outcome.summary().columns()).doesNotContainKeys(others.toArray(String[]::new));
    }

    @Test
    void malformedRecordsAndUnusualKeysAreOfEveryKind() throws IOException {
        Run run = generate("kinds", List.of("--malformed=0.1", "--unusual-keys=0.5"));

        assertThat(run.of(Fault.MALFORMED).map(line -> line.text("kind")).distinct())
                .containsExactlyInAnyOrderElementsOf(names(MalformedRecords.Kind.values()));
        assertThat(run.of(Fault.UNUSUAL_KEY).map(line -> line.text("kind")).distinct())
                .containsExactlyInAnyOrderElementsOf(names(UnusualKeys.Kind.values()));
    }

    @Test
    void duplicateFollowsItsEventWithNothingBetween() throws IOException {
        Run run = generate("duplicates", List.of("--duplicates=0.2"));

        for (Line line : run.faults) {
            Place before = new Place(line.place.partition, line.place.offset - 1);
            assertThat(content(run.record(line.place))).isEqualTo(content(run.record(before)));
        }
    }

    @Test
    void lateDuplicateIsStaleExactlyIfItsRowHasChangedOrGoneSince() throws IOException {
        Run run = generate("late", List.of("--late-duplicates=0.2"));

        Map<Place, Line> late = run.faults.stream().collect(Collectors.toMap(line -> line.place, line -> line));
        Map<String, String> newest = new HashMap<>();
        List<Boolean> stale = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : run.records) {
            Line line = late.get(place(record));
            if (line == null) {
                newest.put(key(record), content(record));
            } else {
                assertThat(line.text("id")).isEqualTo(key(record));
                stale.add(Boolean.valueOf(line.text("stale")));
                assertThat(!content(record).equals(newest.get(key(record)))).isEqualTo(stale.get(stale.size() - 1));
            }
        }
        assertThat(stale).hasSize(late.size()).contains(true, false);
    }

    @Test
    void rowsOfTheLedgerAreThoseOfTheEventsWithoutTheDuplicates() throws IOException {
        Run run = generate("truth", with(ALL, "--tombstones"));
        Set<Place> repeated = new HashSet<>(run.places(Fault.DUPLICATE));
        repeated.addAll(run.places(Fault.LATE_DUPLICATE));

        Map<String, String> table = replay(run.records.stream()
                .filter(record -> !repeated.contains(place(record)))
                .toList());

        assertThat(table).isEqualTo(run.rows);
    }

    @Test
    void consumerThatAppliesEverythingIsWrongOnlyAboutRowsWithStaleDuplicates() throws IOException {
        Run run = generate("naive", with(ALL, "--tombstones"));
        Set<String> stale = run.of(Fault.LATE_DUPLICATE)
                .filter(line -> line.text("stale").equals("true"))
                .map(line -> line.text("id"))
                .collect(Collectors.toSet());

        Map<String, String> table = replay(run.records);

        Set<String> wrong = Stream.concat(table.entrySet().stream(), run.rows.entrySet().stream())
                .filter(row -> !row.getValue().equals(table.get(row.getKey()))
                        || !row.getValue().equals(run.rows.get(row.getKey())))
                .map(Map.Entry::getKey)
                .collect(Collectors.toSet());
        assertThat(wrong).isNotEmpty();
        assertThat(stale).containsAll(wrong);
    }

    @Test
    void sameSeedGivesTheSameTopicAndTheSameLedger() throws IOException {
        Run first = generate("first", with(ALL, "--tombstones", "--seed=7", "--skew=0.99"));
        Run second = generate("second", with(ALL, "--tombstones", "--seed=7", "--skew=0.99"));

        assertThat(timeless(second.records)).isEqualTo(timeless(first.records));
        assertThat(second.faults).isEqualTo(first.faults);
        assertThat(second.rows).isEqualTo(first.rows);
    }

    @Test
    void ledgerIsInTheOrderOfPartitionsAndOffsets() throws IOException {
        Run run = generate("order", ALL);

        assertThat(run.faults.stream().map(line -> line.place).distinct())
                .hasSizeGreaterThan(1000)
                .isSortedAccordingTo(Comparator.comparingInt(Place::partition).thenComparingLong(Place::offset));
    }

    @Test
    void withoutFaultsTheirFileIsEmpty() throws IOException {
        Files.writeString(directory.resolve("none.faults"), "those of a run before\n");

        Run run = generate("none", List.of());

        assertThat(run.faults).isEmpty();
        assertThat(run.rows).isEqualTo(replay(run.records));
    }

    @Test
    void ledgerOfABrokerThatDoesNotAcknowledgeHasNoOffsets() {
        Path ledger = directory.resolve("unacknowledged");

        Outcome outcome = Outcome.of(arguments(
                "unacknowledged", ledger, List.of("--duplicates=1", "-X=acks=0", "-X=enable.idempotence=false")));

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(new Ledger(ledger).faults())
                .content()
                .contains("\"offset\":null")
                .doesNotContain("\"offset\":-1");
    }

    @Test
    void summaryForPeopleNamesTheFaults() {
        Outcome outcome = Outcome.of(
                "generate",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=people",
                "--events=20",
                "--events-per-second=0",
                "--duplicates=1",
                "--extra-fields=1");

        assertThat(outcome.out()).contains("faults: 20 duplicates, 40 with extra fields");
    }

    private Run generate(String topic, List<String> options) throws IOException {
        Path ledger = directory.resolve(topic);
        Outcome outcome = Outcome.of(arguments(topic, ledger, options));
        assertThat(outcome.code()).as(outcome.err()).isZero();
        return new Run(
                outcome,
                TopicReader.readAll(broker.bootstrapServer(), topic),
                Files.readAllLines(ledger).stream()
                        .map(Outcome::row)
                        .collect(Collectors.toMap(
                                row -> Line.text(row.columns(), "id"),
                                row -> Line.text(row.columns(), "name") + " " + Line.text(row.columns(), "balance"))),
                Files.readAllLines(new Ledger(ledger).faults()).stream()
                        .map(Line::of)
                        .toList());
    }

    private static String[] arguments(String topic, Path ledger, List<String> options) {
        List<String> arguments = new ArrayList<>(List.of(
                "generate",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + topic,
                "-o=json",
                "--events=5000",
                "--events-per-second=0",
                "--rows=500",
                "--max-value=1000000000",
                "--partitions=3",
                "--ledger=" + ledger));
        arguments.addAll(options);
        return arguments.toArray(String[]::new);
    }

    private static List<String> with(List<String> options, String... more) {
        return Stream.concat(options.stream(), Stream.of(more)).toList();
    }

    /** Applies everything that can be applied, to a table as plain as can be. */
    private static Map<String, String> replay(List<ConsumerRecord<byte[], byte[]>> records) {
        EventDecoder decoder = decoder();
        Map<String, String> table = new HashMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            switch (decoder.decode(record.key(), record.value())) {
                case UPSERT ->
                    table.put(
                            decoder.row().text(0),
                            decoder.row().text(1) + " " + decoder.row().longValue(2));
                case DELETE -> table.remove(decoder.row().text(0));
                case TRUNCATE -> throw new AssertionError("nobody truncates");
                case IGNORED, REJECTED -> {}
                case OTHER_SCHEMA -> throw new AssertionError("the columns are given");
            }
        }
        return table;
    }

    private static EventDecoder decoder() {
        return new EventDecoder(TableSchema.parse("id STRING, name STRING, balance BIGINT", "id"));
    }

    private static List<String> timeless(List<ConsumerRecord<byte[], byte[]>> records) {
        return records.stream()
                .map(record -> place(record) + content(record).replaceAll("\"ts_ms\":\\d+", "then"))
                .sorted()
                .toList();
    }

    private static List<String> names(Enum<?>[] kinds) {
        return Stream.of(kinds).map(Enum::name).toList();
    }

    private static Place place(ConsumerRecord<byte[], byte[]> record) {
        return new Place(record.partition(), record.offset());
    }

    private static String key(ConsumerRecord<byte[], byte[]> record) {
        return record.key() == null ? "" : new String(record.key(), StandardCharsets.UTF_8);
    }

    private static String content(ConsumerRecord<byte[], byte[]> record) {
        return key(record) + (record.value() == null ? "" : new String(record.value(), StandardCharsets.UTF_8));
    }

    private record Place(int partition, long offset) {}

    /** A line of the ledger's faults. */
    private record Line(String fault, Place place, Map<String, Value> fields) {
        static Line of(String json) {
            Map<String, Value> fields = Outcome.row(json).columns();
            return new Line(
                    text(fields, "fault"),
                    new Place(Integer.parseInt(text(fields, "partition")), Long.parseLong(text(fields, "offset"))),
                    fields);
        }

        String text(String field) {
            return text(fields, field);
        }

        private static String text(Map<String, Value> fields, String field) {
            Value value = fields.get(field);
            if (value == null) {
                throw new AssertionError("no " + field + " in " + fields);
            }
            return value.text();
        }
    }

    /** What a command sent, and what its ledger says. */
    private record Run(
            Outcome outcome,
            List<ConsumerRecord<byte[], byte[]>> records,
            Map<String, String> rows,
            List<Line> faults) {
        Stream<Line> of(Fault fault) {
            return faults.stream().filter(line -> line.fault.equals(fault.ledgerName()));
        }

        Set<Place> places(Fault fault) {
            return of(fault).map(line -> line.place).collect(Collectors.toSet());
        }

        ConsumerRecord<byte[], byte[]> record(Place place) {
            return records.stream()
                    .filter(record -> place(record).equals(place))
                    .findFirst()
                    .orElseThrow();
        }
    }

    /** Tells from the records alone what is wrong with them. */
    private static final class Finder {
        private final Map<Fault, Set<Place>> found = new EnumMap<>(Fault.class);
        private final EventDecoder decoder = decoder();
        private final EnvelopeReader reader = new EnvelopeReader();
        private final Set<String> seen = new HashSet<>();

        /** Both kinds of duplicates count as {@link Fault#DUPLICATE}. */
        Map<Fault, Set<Place>> find(List<ConsumerRecord<byte[], byte[]>> records) {
            records.forEach(this::find);
            return found;
        }

        private void find(ConsumerRecord<byte[], byte[]> record) {
            if (decoder.decode(record.key(), record.value()) == EventDecoder.Outcome.REJECTED) {
                add(true, Fault.MALFORMED, record);
                return;
            }
            add(!key(record).matches("[0-9a-f-]{36}"), Fault.UNUSUAL_KEY, record);
            if (record.value() == null) {
                return;
            }
            add(!seen.add(content(record)), Fault.DUPLICATE, record);
            add(content(record).contains("\"extra\":"), Fault.EXTRA_FIELDS, record);
            ChangeEvent event = ((Decoded.Accepted) reader.read(record.value(), 0)).event();
            boolean withoutBefore = event.before().isEmpty();
            add(withoutBefore && event instanceof RowDeleted, Fault.DELETE_WITHOUT_BEFORE, record);
            add(withoutBefore && event instanceof RowUpdated, Fault.UPDATE_WITHOUT_BEFORE, record);
        }

        private void add(boolean is, Fault fault, ConsumerRecord<byte[], byte[]> record) {
            if (is) {
                found.computeIfAbsent(fault, each -> new HashSet<>()).add(place(record));
            }
        }
    }
}
