package cdf.generator;

import cdf.change.ChangeEvent;
import cdf.change.ChangeEvent.RowCreated;
import cdf.change.ChangeEvent.RowDeleted;
import cdf.change.ChangeEvent.RowUpdated;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.Row;
import cdf.change.Value;
import cdf.generator.Change.Created;
import cdf.generator.Change.Deleted;
import cdf.generator.Change.Updated;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

class EventWriterTest {
    private static final long NOW = 1_700_000_000_123L;
    private static final UUID ID = UUID.fromString("0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9");
    private static final Name JOSE = named("José García");
    private static final Name ZOE = named("Zoë O'Brien");

    @Test
    void theKeyIsTheIdOfTheRow() {
        byte[] key = new EventWriter(EventFormat.WRAPPED).key(new Created(1, new UserRow(ID, JOSE, 5)));

        assertThat(new String(key, UTF_8)).isEqualTo("0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9");
    }

    @Test
    void aPlainCreate() {
        assertThat(written(EventFormat.PLAIN, new Created(1, new UserRow(ID, JOSE, -5))))
                .isEqualTo("""
                        {"op":"c","ts_ms":1700000000123,"before":null,\
                        "after":{"id":"0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9","name":"José García","balance":-5}}""");
    }

    @Test
    void aPlainUpdate() {
        assertThat(written(EventFormat.PLAIN, new Updated(2, new UserRow(ID, JOSE, 5), new UserRow(ID, ZOE, 5))))
                .isEqualTo("""
                        {"op":"u","ts_ms":1700000000123,\
                        "before":{"id":"0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9","name":"José García","balance":5},\
                        "after":{"id":"0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9","name":"Zoë O'Brien","balance":5}}""");
    }

    @Test
    void aDebeziumDelete() {
        assertThat(written(EventFormat.DEBEZIUM, new Deleted(3, new UserRow(ID, ZOE, 5))))
                .isEqualTo("""
                        {"before":{"id":"0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9","name":"Zoë O'Brien","balance":5},\
                        "after":null,\
                        "source":{"version":"dev","connector":"cdf","name":"cdf","ts_ms":1700000000123,\
                        "snapshot":"false","db":"simulated","schema":"public","table":"users","txId":3,"lsn":3},\
                        "op":"d","ts_ms":1700000000123,"transaction":null}""");
    }

    @Test
    void aWrappedEventHoldsTheDebeziumEventAsItsPayload() {
        Change change = new Deleted(3, new UserRow(ID, ZOE, 5));

        assertThat(written(EventFormat.WRAPPED, change))
                .startsWith("{\"schema\":{\"type\":\"struct\",\"fields\":[")
                .endsWith(",\"payload\":" + written(EventFormat.DEBEZIUM, change) + "}");
    }

    @ParameterizedTest
    @EnumSource
    void unknownFieldsAndAMissingBeforeLeaveTheChangeAsItIs(EventFormat format) {
        EventWriter writer = new EventWriter(format);
        Users users = new Users();
        Workload workload = workload(7);
        for (int i = 0; i < 1000; i++) {
            Change change = workload.next();
            boolean withBefore = i % 2 == 0;

            byte[] value = writer.value(change, NOW, withBefore, true);

            Object event = format == EventFormat.WRAPPED ? Json.field(Json.read(value), "payload") : Json.read(value);
            assertThat(users.read(writer.key(change), value)).isEqualTo(Users.Left.of(change, UnusualKeys.NONE));
            assertThat(((Map<?, ?>) event).keySet()).map(Object::toString).contains("extra");
            change.after().ifPresent(row -> assertThat(((Map<?, ?>) Json.field(event, "after")).keySet())
                    .map(Object::toString)
                    .containsExactly("id", "name", "balance", "extra", "Id", "notes"));
            assertThat(Json.field(event, "before") == Json.NULL)
                    .isEqualTo(!withBefore || change.before().isEmpty());
        }
    }

    /** The events of a seed are a promise: people compare runs. The digests are those of version 0.1.0. */
    @ParameterizedTest
    @CsvSource({
        "PLAIN, 40:40:20, 58dc38e465c12d5a8b82e75d2ea368d9aa90e7607c16bd6d0a4a7d117fcb9e61",
        "PLAIN, 20:40:40, eb27aaf5f5970d8635411e235c3e98c515f1819880384c632c3906d081e022b5",
        "DEBEZIUM, 40:40:20, 99a469063a7440ac92cad421ad29c310b7b9b1f9465fc02121d8ffa845a951c0",
        "DEBEZIUM, 20:40:40, 21e9b9261764fdad394a966fe45ca0c9493831c28964b92f17ffffecc0149fa1",
        "WRAPPED, 40:40:20, e1dd80b1cc8f71f4b6da5a8b79a5e09886d4c49915b9093e8ad00ba24fd37fd1",
        "WRAPPED, 20:40:40, c7a6a410f4fc7b7f4ed902de5390bb9ca8208d3d64f1598b74841052ca2e366d"
    })
    void theEventsOfASeedAreTheSameInEveryVersion(EventFormat format, String mix, String digest)
            throws NoSuchAlgorithmException {
        MessageDigest sha = MessageDigest.getInstance("SHA-256");
        Workload workload = new Workload(new WorkloadSettings(42, 300, Mix.parse(mix), -50, 1000));
        EventWriter writer = new EventWriter(format);

        for (int i = 0; i < 20_000; i++) {
            Change change = workload.next();
            sha.update(writer.key(change));
            sha.update(writer.value(change, 1_700_000_000_000L + i));
        }

        assertThat(HexFormat.of().formatHex(sha.digest())).isEqualTo(digest);
    }

    @ParameterizedTest
    @EnumSource
    void everyEventIsReadBackAsTheChangeThatItWas(EventFormat format) {
        EventWriter writer = new EventWriter(format);
        EnvelopeReader reader = new EnvelopeReader();
        for (long seed : List.of(7L, System.nanoTime())) {
            Workload workload = workload(seed);
            for (int i = 0; i < 2000; i++) {
                Change change = workload.next();

                Decoded read = reader.read(writer.value(change, NOW + i / 10), 0);

                assertThat(read)
                        .as("seed %d, %s", seed, change)
                        .isEqualTo(new Decoded.Accepted(event(change, NOW + i / 10)));
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void theSameSeedGivesTheSameBytesAndAnotherSeedGivesOthers(EventFormat format) {
        List<String> events = history(format, 7);

        assertThat(history(format, 7)).isEqualTo(events);
        assertThat(history(format, 8)).doesNotContainAnyElementsOf(events);
    }

    @Test
    void theSchemaOfAWrappedEventDescribesItsPayload() {
        EventWriter writer = new EventWriter(EventFormat.WRAPPED);
        Workload workload = workload(7);
        for (int i = 0; i < 1000; i++) {
            Map<?, ?> event = (Map<?, ?>) Json.read(writer.value(workload.next(), NOW));

            assertThat(event.keySet()).map(Object::toString).containsExactly("schema", "payload");
            assertThat(misfits("", Json.field(event, "schema"), Json.field(event, "payload")))
                    .isEmpty();
        }
    }

    /** Where a value is not what its Kafka Connect schema says. */
    private static List<String> misfits(String path, Object schema, Object value) {
        if (value == Json.NULL) {
            return Json.field(schema, "optional").equals(true) ? List.of() : List.of(path + " is null");
        }
        String type = (String) Json.field(schema, "type");
        return switch (type) {
            case "string" -> value instanceof String ? List.of() : List.of(path + " is no string");
            case "int64" -> value instanceof Long ? List.of() : List.of(path + " is no int64");
            case "struct" -> {
                Map<?, ?> struct = (Map<?, ?>) value;
                List<String> misfits = new ArrayList<>();
                List<Object> names = new ArrayList<>();
                for (Object field : (List<?>) Json.field(schema, "fields")) {
                    Object name = Json.field(field, "field");
                    names.add(name);
                    misfits.addAll(misfits(path + "." + name, field, Json.field(struct, name)));
                }
                if (!names.equals(List.copyOf(struct.keySet()))) {
                    misfits.add(path + " has the fields " + struct.keySet() + " and not " + names);
                }
                yield misfits;
            }
            default -> List.of(path + " has the unknown type " + type);
        };
    }

    private static Workload workload(long seed) {
        return new Workload(new WorkloadSettings(seed, 200, Mix.DEFAULT, Long.MIN_VALUE, Long.MAX_VALUE));
    }

    private static List<String> history(EventFormat format, long seed) {
        Workload workload = workload(seed);
        EventWriter writer = new EventWriter(format);
        List<String> history = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            Change change = workload.next();
            history.add(new String(writer.key(change), UTF_8) + new String(writer.value(change, NOW), UTF_8));
        }
        return history;
    }

    private static String written(EventFormat format, Change change) {
        return new String(new EventWriter(format).value(change, NOW), UTF_8);
    }

    private static ChangeEvent event(Change change, long timestampMillis) {
        Optional<Row> before = change.before().map(EventWriterTest::row);
        Optional<Row> after = change.after().map(EventWriterTest::row);
        if (change instanceof Created) {
            return new RowCreated(timestampMillis, after.orElseThrow());
        }
        return change instanceof Updated
                ? new RowUpdated(timestampMillis, before, after.orElseThrow())
                : new RowDeleted(timestampMillis, before);
    }

    private static Row row(UserRow user) {
        Map<String, Value> columns = new LinkedHashMap<>();
        columns.put("id", new Value.Text(user.id().toString()));
        columns.put("name", new Value.Text(user.name().text()));
        columns.put("balance", new Value.Json(Long.toString(user.balance())));
        return new Row(columns);
    }

    private static Name named(String text) {
        return Name.ALL.stream()
                .filter(name -> name.text().equals(text))
                .findFirst()
                .orElseThrow();
    }
}
