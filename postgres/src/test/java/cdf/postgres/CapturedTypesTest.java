package cdf.postgres;

import cdf.change.CdfException;
import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** How each of PostgreSQL's types comes into the topic, from a row that was there and from a change alike. */
class CapturedTypesTest {
    private static final String[][] TYPES = {
        // column type, value, JSON of the payload
        {"uuid", "'2a04e3fb-b767-4d16-ab08-13c2dd2bd61e'", "\"2a04e3fb-b767-4d16-ab08-13c2dd2bd61e\""},
        {"numeric(10,2)", "-123.45", "\"z8c=\""},
        {"numeric", "1.2345", "{\"scale\":4,\"value\":\"MDk=\"}"},
        {"timestamptz", "'2026-03-01 12:00:00.123456+02'", "\"2026-03-01T10:00:00.123456Z\""},
        {"timestamp", "'2026-03-01 12:00:00.123456'", "1772366400123456"},
        {"timestamp(3)", "'2026-03-01 12:00:00.123'", "1772366400123"},
        {"date", "'2026-03-01'", "20513"},
        {"time", "'12:34:56.789'", "45296789000"},
        {"timetz", "'12:34:56+02'", "\"10:34:56Z\""},
        {"interval", "'1 day'", "86400000000"},
        {"jsonb", "'{\"a\": [1, null]}'", "\"{\\\"a\\\": [1, null]}\""},
        {"json", "'{\"a\":1}'", "\"{\\\"a\\\":1}\""},
        {"int[]", "'{1,null,3}'", "[1,null,3]"},
        {"text[]", "'{a,\"b,c\"}'", "[\"a\",\"b,c\"]"},
        {"bytea", "'\\x00ff'", "\"AP8=\""},
        {"mood", "'happy'", "\"happy\""},
        {"inet", "'192.168.0.1/24'", "\"192.168.0.1/24\""},
        {"cidr", "'10.0.0.0/8'", "\"10.0.0.0/8\""},
        {"macaddr", "'08:00:2b:01:02:03'", "\"08:00:2b:01:02:03\""},
        {"boolean", "true", "true"},
        {"smallint", "-32768", "-32768"},
        {"bigint", "9223372036854775807", "9223372036854775807"},
        {"real", "0.1", "0.1"},
        {"double precision", "1e300", "1.0E300"},
        {"double precision", "'NaN'", "\"NaN\""},
        {"char(4)", "'ab'", "\"ab  \""},
        {"varchar(9)", "'Renée'", "\"Renée\""},
        {"xml", "'<a/>'", "\"<a/>\""},
        {"int4range", "'[1,5)'", "\"[1,5)\""},
        {"bit(4)", "B'0101'", "\"BQ==\""},
        {"tsvector", "'a b'", "\"'a' 'b'\""},
        // A type that Debezium does not know: the bytes of its text.
        {"pair", "ROW(1, 'x')", "\"KDEseCk=\""},
        {"text", "NULL", "null"},
        {"int DEFAULT 7", "NULL", "null"},
    };

    private final TestDatabase database = TestServer.database();

    @Test
    void everyTypeComesFromTheSnapshotAndFromTheLogAlike() throws IOException {
        StringBuilder table = new StringBuilder("CREATE TABLE everything (id int PRIMARY KEY");
        StringBuilder row = new StringBuilder();
        for (int column = 0; column < TYPES.length; column++) {
            table.append(", c").append(column).append(' ').append(TYPES[column][0]);
            row.append(", ").append(TYPES[column][1]);
        }
        database.execute(
                "CREATE TYPE mood AS ENUM ('sad', 'happy')",
                "CREATE TYPE pair AS (a int, b text)",
                table + ")",
                "INSERT INTO everything VALUES (1" + row + ")");

        try (RunningCapture capture =
                RunningCapture.start(database.capture("everything")).awaitStreaming()) {
            database.execute("INSERT INTO everything VALUES (2" + row + ")");
            database.awaitCaptured();
            capture.stop();
        }

        CapturedTopic topic = database.topic("everything");
        assertThat(topic.operations()).containsExactly("r", "c");
        for (CapturedTopic.Event event : topic.events()) {
            for (int column = 0; column < TYPES.length; column++) {
                JsonNode value = event.after().get("c" + column);
                assertThat(value)
                        .as(event.operation() + " " + Arrays.toString(TYPES[column]))
                        .isNotNull();
                assertThat(value.toString())
                        .as(event.operation() + " " + Arrays.toString(TYPES[column]))
                        .isEqualTo(TYPES[column][2]);
            }
        }
    }

    @Test
    void unchangedLargeValueComesAsThePlaceholder() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, n int, large text)",
                "ALTER TABLE users ALTER large SET STORAGE EXTERNAL",
                "INSERT INTO users VALUES (1, 1, repeat('x', 10000))");
        RunningCapture.once(database.capture("users"));
        database.execute("UPDATE users SET n = 2");

        RunningCapture.once(database.capture("users"));

        assertThat(database.topic("users").events().get(1).after())
                .isEqualTo(CapturedTopic.json("{\"id\":1,\"n\":2,\"large\":\"__debezium_unavailable_value\"}"));
    }

    @Test
    void unchangedLargeValuesOfAChangedKeyComeFromTheDatabase() {
        String[][] values = {
            {"text", "repeat('x', 10000)"},
            {"bytea", "decode(repeat('00ff', 5000), 'hex')"},
            {"jsonb", "to_jsonb(repeat('x', 10000))"},
            {"xml", "('<a>' || repeat('x', 10000) || '</a>')::xml"},
            {"tsvector", "to_tsvector('simple', (SELECT string_agg('w' || k, ' ') FROM generate_series(1, 999) AS k))"},
            {"pair", "ROW(1, repeat('x', 10000))::pair"},
            {"hstore", "hstore('a', repeat('x', 10000))"},
            {"text[]", "ARRAY[repeat('x', 10000), NULL]"},
            {"bytea[]", "ARRAY[decode(repeat('00ff', 5000), 'hex')]"},
            {"jsonb[]", "ARRAY[to_jsonb(repeat('x', 10000))]"},
            {"int[]", "(SELECT array_agg(k) FROM generate_series(1, 5000) AS k)"},
            {"bigint[]", "(SELECT array_agg(k::bigint) FROM generate_series(1, 5000) AS k)"},
            {"date[]", "(SELECT array_agg(date '2026-03-01' + k) FROM generate_series(1, 5000) AS k)"},
            {"uuid[]", "(SELECT array_agg(gen_random_uuid()) FROM generate_series(1, 1000))"},
        };
        StringBuilder columns = new StringBuilder();
        StringBuilder row = new StringBuilder();
        StringBuilder external = new StringBuilder("ALTER TABLE large ALTER \"order\" SET NOT NULL");
        for (int column = 0; column < values.length; column++) {
            columns.append(", c").append(column).append(' ').append(values[column][0]);
            row.append(", ").append(values[column][1]);
            external.append(", ALTER c").append(column).append(" SET STORAGE EXTERNAL");
        }
        database.execute(
                "CREATE EXTENSION hstore",
                "CREATE TYPE mood AS ENUM ('sad', 'happy')",
                "CREATE TYPE pair AS (a int, b text)",
                "CREATE TABLE large (\"order\" int, t text, u uuid, d date, ts timestamp, ts3 timestamp(3), tz timestamptz,"
                        + " ti time, ti3 time(3), n numeric, n2 numeric(9,2), b bytea, m mood, i inet, ok boolean,"
                        + " PRIMARY KEY (\"order\", t, u, d, ts, ts3, tz, ti, ti3, n, n2, b, m, i, ok)" + columns + ")",
                external.toString(),
                "INSERT INTO large VALUES (1, 'a''b', gen_random_uuid(), '1969-12-31', '1969-12-31 23:59:59.999999',"
                        + " '2026-03-01 00:00:00.001', '2026-03-01 12:00:00.123456+02', '23:59:59.999999', '00:00:00.001', -1.50,"
                        + " -1.5, '\\x00ff', 'happy', '10.0.0.1', true" + row + ")");

        try (RunningCapture capture =
                RunningCapture.start(database.capture("large")).awaitStreaming()) {
            database.execute("UPDATE large SET \"order\" = 2");
            database.awaitCaptured();
            capture.stop();
        }

        CapturedTopic topic = database.topic("large");
        assertThat(topic.operations()).containsExactly("r", "d", "tombstone", "c");
        JsonNode before = topic.events().get(0).after();
        JsonNode after = topic.events().get(3).after();
        assertThat(after.get("order").asInt()).isEqualTo(2);
        for (int column = 0; column < values.length; column++) {
            assertThat(after.get("c" + column)
                            .toString()
                            .equals(before.get("c" + column).toString()))
                    .as(values[column][0])
                    .isTrue();
        }
    }

    @Test
    void unchangedLargeValueOfARowThatIsGoneStaysUnknownAndADroppedColumnIsNull() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, large text, other text)",
                "ALTER TABLE users ALTER large SET STORAGE EXTERNAL, ALTER other SET STORAGE EXTERNAL",
                "INSERT INTO users SELECT id, repeat('x', 10000), repeat('y', 10000) FROM generate_series(1, 2) AS id");
        RunningCapture.once(database.capture("users"));
        database.execute(
                "UPDATE users SET id = id + 10",
                "DELETE FROM users WHERE id = 11",
                "UPDATE users SET large = 'new' WHERE id = 12",
                "ALTER TABLE users DROP other");

        RunningCapture.once(database.capture("users"));

        CapturedTopic topic = database.topic("users");
        String unknown = "\"__debezium_unavailable_value\"";
        assertThat(topic.events().stream()
                        .filter(event -> event.operation().equals("c"))
                        .map(event -> event.after().toString()))
                .containsExactly(
                        "{\"id\":11,\"large\":" + unknown + ",\"other\":" + unknown + "}",
                        "{\"id\":12,\"large\":\"new\",\"other\":null}");
    }

    @Test
    void unchangedLargeValueWithoutAPlaceholderComesFromTheOldRow() {
        createLargeArrays();
        try (RunningCapture capture =
                RunningCapture.start(database.capture("users")).awaitStreaming()) {
            database.execute("UPDATE users SET n = 2");
            database.awaitCaptured();
            capture.stop();
        }

        List<CapturedTopic.Event> events = database.topic("users").events();
        for (String column : List.of("floats", "numbers", "times")) {
            assertThat(events.get(1).after().get(column)).hasSize(2000);
            assertThat(events.get(1).after().get(column))
                    .isEqualTo(events.get(0).after().get(column));
        }
        assertThat(events.get(1).after().get("n").asInt()).isEqualTo(2);
    }

    @Test
    void valueThatIsNotKnownEndsTheCaptureAndIsNoNull() {
        createLargeArrays();
        try (RunningCapture capture =
                RunningCapture.start(database.capture("users")).awaitStreaming()) {
            database.execute("ALTER TABLE users REPLICA IDENTITY DEFAULT", "UPDATE users SET n = 2");

            CdfException unknown = catchThrowableOfType(CdfException.class, capture::summary);

            assertThat(unknown.problem()).contains("null would be wrong", "public.users.floats");
            assertThat(unknown.hint()).contains("REPLICA IDENTITY FULL");
        }
        assertThat(database.topic("users").operations()).containsExactly("r");
    }

    private void createLargeArrays() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, n int, floats float8[], numbers numeric[], times timestamp[])",
                "ALTER TABLE users REPLICA IDENTITY FULL",
                "INSERT INTO users SELECT 1, 1, array_agg(random()), array_agg(random()::numeric),"
                        + " array_agg(timestamp '2024-01-01' + random() * interval '1 year') FROM generate_series(1, 2000)");
    }

    @Test
    void columnThatIsAddedIsInTheEventsFromThenOn() {
        database.execute("CREATE TABLE users (id int PRIMARY KEY)", "INSERT INTO users VALUES (1)");
        try (RunningCapture capture =
                RunningCapture.start(database.capture("users")).awaitStreaming()) {
            database.execute("ALTER TABLE users ADD name text", "INSERT INTO users VALUES (2, 'Bo')");
            database.execute("ALTER TABLE users DROP name", "INSERT INTO users VALUES (3)");
            database.awaitCaptured();
            capture.stop();
        }

        assertThat(database.topic("users").rows())
                .containsExactlyInAnyOrder("{\"id\":1}", "{\"id\":2,\"name\":\"Bo\"}", "{\"id\":3}");
    }
}
