package cdf.change;

import cdf.change.EventDecoder.Outcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class EventDecoderTest {
    private static final TableSchema USERS = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");
    private static final String ROW = "{\"id\":\"a\",\"name\":\"Zoë\",\"balance\":512}";

    private final EventDecoder users = new EventDecoder(USERS);

    @ParameterizedTest
    @ValueSource(strings = {"c", "u", "r"})
    void createUpdateAndReadAreUpserts(String operation) {
        Outcome outcome = decode("{\"op\":\"%s\",\"ts_ms\":5,\"before\":null,\"after\":%s}".formatted(operation, ROW));

        assertThat(outcome).isEqualTo(Outcome.UPSERT);
        assertThat(row()).isEqualTo(Map.of("id", "a", "name", "Zoë", "balance", 512L));
    }

    @Test
    void anUpsertsTextLiesInTheEventsOwnBytes() {
        byte[] event = utf8("{\"op\":\"c\",\"after\":" + ROW + "}");

        users.decode(null, event);

        assertThat(users.row().bytes(1)).isSameAs(event);
        assertThat(users.row().text(1)).isEqualTo("Zoë");
    }

    @Test
    void fieldsComeInAnyOrderAmongUnknownOnes() {
        Outcome outcome = decode("""
                {"new": {"op": "d"}, "after": {"balance": 512, "extra": [{"id": 5}], "id": "a"}, "source": {"db": "x"},
                 "before": {"name": 5}, "op": "u"}
                """);

        assertThat(outcome).isEqualTo(Outcome.UPSERT);
        assertThat(row()).isEqualTo(Map.of("id", "a", "balance", 512L));
    }

    @Test
    void columnsThatAreAbsentOrNullAreNull() {
        decode("{\"op\":\"c\",\"after\":" + ROW + "}");
        decode("{\"op\":\"c\",\"after\":{\"id\":\"b\",\"name\":null}}");

        assertThat(row()).isEqualTo(Map.of("id", "b"));
    }

    @Test
    void aWrappedEventIsDecodedAsItsPayloadAgainAndAgain() {
        for (int balance = 0; balance < 3; balance++) {
            Outcome outcome = decode(
                    "{\"schema\":{\"type\":\"struct\"},\"payload\":{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":%d}}}"
                            .formatted(balance));

            assertThat(outcome).isEqualTo(Outcome.UPSERT);
            assertThat(row()).isEqualTo(Map.of("id", "a", "balance", (long) balance));
        }
    }

    @Test
    void theSchemaOfAWrappedEventMayChangeAndMayComeLast() {
        TableSchema table = TableSchema.parse("id INT, at TIMESTAMP", "id");
        EventDecoder decoder = new EventDecoder(table);
        String payload = "\"payload\":{\"op\":\"c\",\"after\":{\"id\":1,\"at\":5000}}";
        String millis = "\"schema\":" + schemaOfAt("io.debezium.time.Timestamp");
        String nanos = "\"schema\":" + schemaOfAt("io.debezium.time.NanoTimestamp");

        assertThat(at(decoder, "{" + millis + "," + payload + "}")).isEqualTo(5_000_000);
        assertThat(at(decoder, "{" + nanos + "," + payload + "}")).isEqualTo(5);
        assertThat(at(decoder, "{" + payload + "," + millis + "}")).isEqualTo(5_000_000);
        assertThat(at(decoder, payload.substring("\"payload\":".length()))).isEqualTo(5_000);
        assertThat(at(decoder, "{" + nanos + "," + payload + "}")).isEqualTo(5);
    }

    @Test
    void anOperationBesideThePayloadMakesTheEnvelopeBare() {
        String wrapped = "{\"schema\":{},\"payload\":{\"op\":\"c\",\"after\":{\"id\":\"inner\"}}";

        decode(wrapped + "}");
        decode(wrapped + ",\"op\":\"c\",\"after\":{\"id\":\"outer\"}}");

        assertThat(row()).isEqualTo(Map.of("id", "outer"));
    }

    @Test
    void aDeleteTakesItsKeyFromBeforeAndChecksNoOtherColumn() {
        Outcome outcome = users.decode(
                utf8("other"), utf8("{\"op\":\"d\",\"before\":{\"id\":\"a\",\"balance\":\"much\"},\"after\":null}"));

        assertThat(outcome).isEqualTo(Outcome.DELETE);
        assertThat(row()).isEqualTo(Map.of("id", "a"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"null", "{}", "{\"name\":\"x\"}", "{\"id\":null}"})
    void aDeleteWhoseBeforeHasNoKeyTakesItFromTheRecord(String before) {
        Outcome outcome = users.decode(utf8("a"), utf8("{\"op\":\"d\",\"before\":" + before + "}"));

        assertThat(outcome).isEqualTo(Outcome.DELETE);
        assertThat(row()).isEqualTo(Map.of("id", "a"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "STRING | 0a1b-text | 0a1b-text",
                "STRING | \"in quotes\" | in quotes",
                "STRING | \"half quoted | \"half quoted",
                "STRING | {half an object | {half an object",
                "STRING | 512 | 512",
                "STRING | null | null",
                "STRING | `` | ``",
                "STRING | {\"id\":\"in an object\"} | in an object",
                "STRING | {\"schema\":{},\"payload\":{\"id\":\"wrapped\"}} | wrapped",
                "STRING | {\"schema\":{\"type\":\"string\"},\"payload\":\"wrapped\"} | wrapped",
                "BIGINT | 512 | 512",
                "BIGINT | {\"x\":1,\"id\":512} | 512",
                "BIGINT | {\"payload\":512} | 512",
                "DATE | \"1970-01-02\" | 1",
                "TIMESTAMP | {\"schema\":{\"type\":\"int64\",\"name\":\"io.debezium.time.Timestamp\"},\"payload\":5} | 5000",
                "TIMESTAMP | {\"payload\":{\"id\":5},\"schema\":{\"type\":\"struct\",\"fields\":"
                        + "[{\"type\":\"int64\",\"name\":\"io.debezium.time.Timestamp\",\"field\":\"id\"}]}} | 5000",
            })
    void theRecordsKeyHasManyForms(String type, String key, String expected) {
        TableSchema table = TableSchema.parse("name STRING, id " + type, "id");
        EventDecoder decoder = new EventDecoder(table);

        Outcome outcome = decoder.decode(utf8(key), utf8("{\"op\":\"d\"}"));

        assertThat(outcome).isEqualTo(Outcome.DELETE);
        assertThat(DecodedRow.of(table, decoder.row()).get("id")).hasToString(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            nullValues = "NONE",
            value = {
                "id STRING | NONE | \"before\" has no key, and neither has the record",
                "id STRING | {\"name\":\"x\"} | key column \"id\" of \"record key\" is missing",
                "id STRING | {\"id\":null} | key column \"id\" of \"record key\" is null",
                "id STRING | {\"id\":5} | column \"id\" of \"record key\": 5 is not text",
                "id BIGINT | raw | record key: not JSON: expected a value, but found 'r' at byte 0",
                "id BIGINT | 512.5 | column \"id\" of \"record key\": 512.5 is not an integer",
                "id BIGINT | 5 6 | record key: more than one JSON value: the second starts at byte 2",
                "id BIGINT | `` | record key: not JSON: expected a value, but it ends at byte 0",
                "id BIGINT | null | key column \"id\" of \"record key\" is null",
                "id BIGINT, region INT | 5 | record key: not a JSON object but a number",
                "id BIGINT, region INT | {\"id\":5} | key column \"region\" of \"record key\" is missing",
            })
    void aDeleteWithoutAKeyIsRejected(String keyColumns, @Nullable String key, String reason) {
        String names = keyColumns.replaceAll(" [A-Z]+", "");
        EventDecoder decoder = new EventDecoder(TableSchema.parse(keyColumns + ", name STRING", names));

        Outcome outcome = decoder.decode(key == null ? null : utf8(key), utf8("{\"op\":\"d\",\"before\":null}"));

        assertThat(outcome).isEqualTo(Outcome.REJECTED);
        assertThat(decoder.reason()).isEqualTo(reason);
    }

    @Test
    void aRecordsKeyThatIsNotUtf8IsNoText() {
        assertThat(users.decode(new byte[] {'a', (byte) 0xFF}, utf8("{\"op\":\"d\"}")))
                .isEqualTo(Outcome.REJECTED);
        assertThat(users.reason()).isEqualTo("record key: not UTF-8");
    }

    @Test
    void truncatesTombstonesAndMessages() {
        assertThat(decode("{\"op\":\"t\"}")).isEqualTo(Outcome.TRUNCATE);
        assertThat(decode("{\"op\":\"m\",\"message\":{\"content\":\"AQI=\"}}")).isEqualTo(Outcome.IGNORED);
        assertThat(users.decode(utf8("a"), null)).isEqualTo(Outcome.IGNORED);
    }

    @Test
    void theHashIsThatOfTheKeyAloneAndTheSameInEveryForm() {
        String hash = hashOf("{\"op\":\"c\",\"after\":" + ROW + "}", null);

        assertThat(hashOf("{\"op\":\"u\",\"after\":{\"balance\":1,\"id\":\"a\"}}", null))
                .isEqualTo(hash);
        assertThat(hashOf("{\"op\":\"u\",\"after\":{\"id\":\"\\u0061\"}}", null))
                .isEqualTo(hash);
        assertThat(hashOf("{\"op\":\"d\",\"before\":" + ROW + "}", null)).isEqualTo(hash);
        assertThat(hashOf("{\"op\":\"d\"}", "a")).isEqualTo(hash);
        assertThat(hashOf("{\"op\":\"d\"}", "{\"id\":\"a\"}")).isEqualTo(hash);
        assertThat(hashOf("{\"op\":\"d\"}", "b")).isNotEqualTo(hash);
        KeyHash added = new KeyHash().start().add(utf8("a"), 0, 1).finish();
        assertThat(added.high() + ":" + added.low()).isEqualTo(hash);
    }

    @Test
    void theHashOfACompositeKeyIsInTheOrderOfTheKey() {
        TableSchema table =
                TableSchema.parse("a INT, b DECIMAL(20,0), c DECIMAL(4,2), d BINARY, e BOOLEAN", "e,d,c,b,a");
        EventDecoder decoder = new EventDecoder(table);

        decoder.decode(null, utf8("{\"op\":\"c\",\"after\":{\"a\":1,\"b\":2,\"c\":0.3,\"d\":\"AQI=\",\"e\":true}}"));

        KeyHash expected = new KeyHash()
                .start()
                .add(1)
                .add(new byte[] {1, 2}, 0, 2)
                .add(30)
                .add(BigInteger.TWO)
                .add(1)
                .finish();
        assertThat(decoder.keyHigh()).isEqualTo(expected.high());
        assertThat(decoder.keyLow()).isEqualTo(expected.low());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "`` | empty value",
                "   | empty value",
                "{op: c} | not JSON: expected a name, but found 'o' at byte 1",
                "{\"op\":\"c\",\"after\":{\"id\":\"a | not JSON: expected the end of the text from byte 24, but it ends at byte 26",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\"} | not JSON: expected ',' or '}', but it ends at byte 28",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\"}}} | more than one JSON value: the second starts at byte 29",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\"}} {} | more than one JSON value: the second starts at byte 30",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\\x\"}} | not JSON: no such escape at byte 26",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\tb\"}} | not JSON: an unescaped control character at byte 26",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":01}} | not JSON: expected ',' or '}', but found '1' at byte 39",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":+1}} | not JSON: expected a value, but found '+' at byte 38",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":.5}} | not JSON: expected a value, but found '.' at byte 38",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":NaN}} | not JSON: expected a value, but found 'N' at byte 38",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":nul}} | not JSON: expected null, but found '}' at byte 41",
                "[{\"op\":\"c\"}] | not a JSON object but an array",
                "5 | not a JSON object but a number",
                "null | not a JSON object but null",
                "{} | \"op\" is missing",
                "{\"op\":null} | \"op\" is missing",
                "{\"op\":5} | \"op\" is not text but a number",
                "{\"op\":\"x\"} | \"op\" is \"x\", which is no known operation",
                "{\"op\":\"create\"} | \"op\" is \"create\", which is no known operation",
                "{\"payload\":{\"op\":\"x\"}} | \"op\" is \"x\", which is no known operation",
                "{\"schema\":{},\"payload\":null} | \"op\" is missing",
                "{\"op\":\"c\",\"ts_ms\":\"5\"} | \"ts_ms\" is not a number of milliseconds",
                "{\"op\":\"c\"} | \"after\" is missing, but \"op\" is \"c\"",
                "{\"op\":\"u\",\"before\":{\"id\":\"a\"},\"after\":null} | \"after\" is missing, but \"op\" is \"u\"",
                "{\"op\":\"c\",\"after\":[]} | \"after\" is not a row but an array",
                "{\"op\":\"d\",\"before\":\"a\"} | \"before\" is not a row but text",
                "{\"op\":\"c\",\"op\":\"c\"} | not JSON: the field \"op\" is there twice",
                "{\"x\":1,\"\\u0078\":2} | not JSON: the field \"x\" is there twice",
                "{\"op\":\"c\",\"source\":{\"db\":1,\"db\":1}} | not JSON: the field \"db\" is there twice",
            })
    void poisonIsRejectedWithItsReason(@Nullable String event, String reason) {
        Outcome outcome = decode(event == null ? "" : event);

        assertThat(outcome).isEqualTo(Outcome.REJECTED);
        assertThat(users.reason()).isEqualTo(reason);
        assertThat(users.columnAtFault()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"op\":\"c\",\"after\":{\"balance\":5}} | id | key column \"id\" of \"after\" is missing",
                "{\"op\":\"c\",\"after\":{\"id\":null}} | id | key column \"id\" of \"after\" is null",
                "{\"op\":\"c\",\"after\":{\"id\":5}} | id | column \"id\" of \"after\": 5 is not text",
                "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"balance\":512.5}} | balance | column \"balance\" of \"after\": 512.5 is not an integer",
                "{\"after\":{\"balance\":true,\"name\":5},\"op\":\"c\"} | balance | column \"balance\" of \"after\": true is not an integer",
                "{\"op\":\"u\",\"before\":{\"id\":5},\"after\":{\"id\":\"a\"}} | id | column \"id\" of \"before\": 5 is not text",
                "{\"op\":\"d\",\"before\":{\"id\":5}} | id | column \"id\" of \"before\": 5 is not text",
                "{\"op\":\"u\",\"before\":{\"id\":\"b\"},\"after\":{\"id\":\"a\"}} | id | the update changes the key: column \"id\" differs in \"before\" and \"after\"",
            })
    void theColumnAtFaultIsNamed(String event, String column, String reason) {
        Outcome outcome = decode(event);

        assertThat(outcome).isEqualTo(Outcome.REJECTED);
        assertThat(users.reason()).isEqualTo(reason);
        assertThat(users.columnAtFault()).contains(column);
    }

    @Test
    void aRejectionDoesNotOutliveItsEvent() {
        decode("{\"op\":\"c\",\"after\":{\"id\":5}}");
        decode("{\"op\":\"c\",\"after\":" + ROW + "}");

        assertThat(row()).containsEntry("id", "a");
        assertThatThrownBy(users::reason).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void columnsOfADeletesAfterAreNotLookedAt() {
        assertThat(decode("{\"after\":{\"id\":5},\"before\":{\"id\":\"a\"},\"op\":\"d\"}"))
                .isEqualTo(Outcome.DELETE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "C0 80",
                "C1 BF",
                "E0 80 80",
                "ED A0 80",
                "F0 80 80 80",
                "F4 90 80 80",
                "F5 80 80 80",
                "80",
                "E9",
                "FF"
            })
    void textThatIsNotUtf8IsRejectedWhereverItIs(String bytes) {
        byte[] invalid = HexFormat.ofDelimiter(" ").parseHex(bytes);
        for (String event : new String[] {
            "{\"op\":\"c\",\"after\":{\"id\":\"?\"}}",
            "{\"op\":\"c\",\"after\":{\"id\":\"a\",\"?\":1}}",
            "{\"op\":\"c\",\"after\":{\"id\":\"a\"},\"x\":[\"long enough for words ?\"]}"
        }) {
            byte[] value = event.replace("?", new String(invalid, StandardCharsets.ISO_8859_1))
                    .getBytes(StandardCharsets.ISO_8859_1);

            assertThat(users.decode(null, value)).isEqualTo(Outcome.REJECTED);
            assertThat(users.reason()).startsWith("not UTF-8 at byte ");
        }
    }

    @Test
    void otherEncodingsAreNotJson() {
        String event = "{\"op\":\"c\",\"after\":" + ROW + "}";

        assertThat(users.decode(null, event.getBytes(StandardCharsets.UTF_16LE)))
                .isEqualTo(Outcome.REJECTED);
        assertThat(users.decode(null, event.getBytes(StandardCharsets.UTF_16))).isEqualTo(Outcome.REJECTED);
        assertThat(users.decode(null, ("\uFEFF" + event).getBytes(StandardCharsets.UTF_8)))
                .isEqualTo(Outcome.REJECTED);
    }

    @Test
    void deepNestingIsRejectedWithoutRunningOutOfStack() {
        String event = "{\"op\":\"c\",\"after\":{\"id\":\"a\"},\"x\":%s%s}";

        assertThat(decode(event.formatted("[".repeat(999), "]".repeat(999)))).isEqualTo(Outcome.UPSERT);
        assertThat(decode(event.formatted("[".repeat(1_000), "]".repeat(1_000))))
                .isEqualTo(Outcome.REJECTED);
        assertThat(decode(event.formatted("{\"a\":".repeat(5_000) + "1", "}".repeat(5_000))))
                .isEqualTo(Outcome.REJECTED);
        assertThat(decode(event.formatted("[".repeat(10_000_000), ""))).isEqualTo(Outcome.REJECTED);
        assertThat(users.reason()).startsWith("nested more than 1000 levels deep at byte ");
    }

    @Test
    void valuesOfTenMegabytesAreDecoded() {
        String text = "Zoë\\n".repeat(2_000_000);

        assertThat(decode("{\"op\":\"c\",\"after\":{\"id\":\"a\",\"name\":\"" + text + "\"}}"))
                .isEqualTo(Outcome.UPSERT);

        assertThat(row()).containsEntry("name", "Zoë\n".repeat(2_000_000));
        decode("{\"op\":\"c\",\"after\":" + ROW + "}");
        assertThat(row()).containsEntry("name", "Zoë");
    }

    @Test
    void aMillionFieldsTakeTimeInProportion() {
        StringBuilder event = new StringBuilder("{\"op\":\"c\",\"after\":" + ROW + ",\"x\":{\"0\":0");
        for (int field = 1; field < 1_000_000; field++) {
            event.append(",\"").append(field).append("\":0");
        }

        assertThat(decode(event + "}}")).isEqualTo(Outcome.UPSERT);
        assertThat(decode(event + ",\"77777\":0}}")).isEqualTo(Outcome.REJECTED);
        assertThat(users.reason()).isEqualTo("not JSON: the field \"77777\" is there twice");
    }

    @Test
    void aNumberOfAMillionDigitsFitsNothingAndCostsLittle() {
        EventDecoder decoder = new EventDecoder(TableSchema.parse("id DECIMAL(38,0), d DOUBLE", "id"));
        String digits = "9".repeat(1_000_000);

        assertThat(decoder.decode(null, utf8("{\"op\":\"c\",\"after\":{\"id\":" + digits + "}}")))
                .isEqualTo(Outcome.REJECTED);
        assertThat(decoder.reason())
                .isEqualTo("column \"id\" of \"after\": " + "9".repeat(40) + "… does not fit DECIMAL(38,0)");
        assertThat(decoder.decode(null, utf8("{\"op\":\"c\",\"after\":{\"id\":1,\"d\":" + digits + "}}")))
                .isEqualTo(Outcome.REJECTED);
    }

    @Test
    void everyCutOfAnEventIsRejected() {
        byte[] event = utf8("{\"schema\":{\"a\":[1.5e3,true]},\"payload\":{\"op\":\"c\",\"after\":" + ROW + "}}");
        assertThat(users.decode(null, event)).isEqualTo(Outcome.UPSERT);
        for (int length = 0; length < event.length; length++) {
            assertThat(users.decode(null, Arrays.copyOf(event, length))).isEqualTo(Outcome.REJECTED);
        }
    }

    @Test
    void theSequenceStandsWhereThePathSaysWhateverStandsAround() {
        assertThat(sequence("ts_ms", "{\"ts_ms\":7,\"op\":\"c\",\"after\":" + ROW + "}"))
                .isEqualTo(7);
        assertThat(sequence(
                        "source.lsn",
                        "{\"source\":{\"ts_ms\":1,\"lsn\":0,\"x\":{\"lsn\":2}},\"op\":\"d\",\"before\":" + ROW + "}"))
                .isZero();
        assertThat(sequence(
                        "a.b.c",
                        "{\"op\":\"c\",\"b\":1,\"after\":" + ROW + ",\"a\":{\"c\":2,\"b\":{\"b\":3,\"c\":4}}}"))
                .isEqualTo(4);
        assertThat(sequence("größe", "{\"gr\\u00f6\u00dfe\":5,\"op\":\"c\",\"after\":" + ROW + "}"))
                .isEqualTo(5);
        assertThat(sequence(
                        "source.lsn",
                        "{\"source\":{\"lsn\":1},\"payload\":{\"source\":{\"lsn\":2},\"op\":\"c\",\"after\":" + ROW
                                + "}}"))
                .isEqualTo(2);
    }

    @Test
    void theSequenceOfTheEventBeforeIsForgotten() {
        EventDecoder decoder = new EventDecoder(USERS, Optional.of(SequencePath.parse("source.lsn")));

        decoder.decode(null, utf8("{\"op\":\"c\",\"source\":{\"lsn\":5},\"after\":" + ROW + "}"));
        Outcome without = decoder.decode(null, utf8("{\"op\":\"c\",\"source\":{},\"after\":" + ROW + "}"));

        assertThat(without).isEqualTo(Outcome.REJECTED);
        assertThat(decoder.reason()).isEqualTo("\"source.lsn\", which orders the changes, is missing");
        assertThat(decoder.decode(null, utf8("{\"op\":\"t\"}"))).isEqualTo(Outcome.TRUNCATE);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                ".",
                "source.",
                ".lsn",
                "source..lsn",
                "op",
                "after.version",
                "payload.ts_ms",
                "ts_ms.x",
                "a b"
            })
    void pathsThatLeadNowhereAreRefused(String path) {
        assertThat(SequencePath.problem(path)).isPresent();
        assertThat(SequencePath.problem("source.lsn")).isEmpty();
    }

    private static long sequence(String path, String event) {
        EventDecoder decoder = new EventDecoder(USERS, Optional.of(SequencePath.parse(path)));
        Outcome outcome = decoder.decode(null, utf8(event));
        assertThat(outcome).isNotEqualTo(Outcome.REJECTED);
        return decoder.sequence();
    }

    private Outcome decode(String event) {
        return users.decode(null, utf8(event));
    }

    private Map<String, Object> row() {
        return DecodedRow.of(USERS, users.row());
    }

    private String hashOf(String event, @Nullable String key) {
        users.decode(key == null ? null : utf8(key), utf8(event));
        return users.keyHigh() + ":" + users.keyLow();
    }

    private static long at(EventDecoder decoder, String event) {
        assertThat(decoder.decode(null, utf8(event))).isEqualTo(Outcome.UPSERT);
        return decoder.row().longValue(1);
    }

    private static String schemaOfAt(String name) {
        return """
                {"type":"struct","fields":[{"field":"after","type":"struct","fields":[{"field":"at","type":"int64","name":"%s"}]}]}""".formatted(name);
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
