package cdf.change;

import cdf.change.ChangeEvent.LogicalMessage;
import cdf.change.ChangeEvent.RowCreated;
import cdf.change.ChangeEvent.RowDeleted;
import cdf.change.ChangeEvent.RowRead;
import cdf.change.ChangeEvent.RowUpdated;
import cdf.change.ChangeEvent.TableTruncated;
import cdf.change.ChangeEvent.Tombstone;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class EnvelopeReaderTest {
    private static final long RECORD_TIME = 7;
    private static final String SOUND = "{\"op\":\"c\",\"ts_ms\":5,\"after\":{\"id\":\"a\"}}";

    private final EnvelopeReader reader = new EnvelopeReader();

    @ParameterizedTest(name = "{0}")
    @MethodSource("eventsOfEveryKind")
    void everyKindOfEventIsReadInEveryFormat(String plain, ChangeEvent event) {
        String debezium = plain.substring(0, plain.length() - 1)
                + ",\"source\":{\"connector\":\"cdf\",\"ts_ms\":4,\"op\":1,\"after\":\"none\"},\"transaction\":null}";

        assertThat(read(plain)).isEqualTo(new Decoded.Accepted(event));
        assertThat(read(debezium)).isEqualTo(new Decoded.Accepted(event));
        assertThat(read("{\"schema\":{\"type\":\"struct\",\"fields\":[]},\"payload\":" + debezium + "}"))
                .isEqualTo(new Decoded.Accepted(event));
        assertThat(read("{\"payload\":" + plain + ",\"schema\":null}")).isEqualTo(new Decoded.Accepted(event));
    }

    static Stream<Arguments> eventsOfEveryKind() {
        Row old = row("id", new Value.Text("a"), "balance", new Value.Json("1"));
        Row now = row("id", new Value.Text("a"), "balance", new Value.Json("2"));
        String before = "\"before\":{\"id\":\"a\",\"balance\":1}";
        String after = "\"after\":{\"id\":\"a\",\"balance\":2}";
        return Stream.of(
                arguments("{\"op\":\"c\",\"ts_ms\":5,\"before\":null," + after + "}", new RowCreated(5, now)),
                arguments("{\"op\":\"r\",\"ts_ms\":5," + after + "}", new RowRead(5, now)),
                arguments(
                        "{\"op\":\"u\",\"ts_ms\":5," + before + "," + after + "}",
                        new RowUpdated(5, Optional.of(old), now)),
                arguments(
                        "{" + after + ",\"before\":null,\"ts_ms\":5,\"op\":\"u\"}",
                        new RowUpdated(5, Optional.empty(), now)),
                arguments(
                        "{\"op\":\"d\",\"ts_ms\":5," + before + ",\"after\":null}",
                        new RowDeleted(5, Optional.of(old))),
                arguments("{\"op\":\"d\",\"ts_ms\":5}", new RowDeleted(5, Optional.empty())),
                arguments("{\"op\":\"t\",\"ts_ms\":5}", new TableTruncated(5)),
                arguments("{\"op\":\"m\",\"ts_ms\":5,\"message\":{\"prefix\":\"p\"}}", new LogicalMessage(5)));
    }

    @Test
    void nullValueIsATombstoneAtTheRecordsTime() {
        assertThat(reader.read(null, RECORD_TIME)).isEqualTo(new Decoded.Accepted(new Tombstone(RECORD_TIME)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",\"ts_ms\":null"})
    void eventWithoutTimeHasTheRecordsTime(String timestamp) {
        assertThat(accepted("{\"op\":\"t\"" + timestamp + "}").timestampMillis())
                .isEqualTo(RECORD_TIME);
    }

    @Test
    void valuesKeepTheDigitsTheyWereWrittenWith() {
        String row = "{\"a\":-0,\"b\":1e3,\"c\":1.50,\"d\":12345678901234567890123,\"e\":true,\"f\":\"1\",\"g\":null}";

        assertThat(after(row))
                .isEqualTo(row(
                        "a", new Value.Json("-0"),
                        "b", new Value.Json("1e3"),
                        "c", new Value.Json("1.50"),
                        "d", new Value.Json("12345678901234567890123"),
                        "e", new Value.Json("true"),
                        "f", new Value.Text("1"),
                        "g", new Value.Null()));
    }

    @Test
    void nestedValuesStayTheJsonThatTheyAre() {
        String nested =
                "{\"a\":[-0,1e3,1.50,12345678901234567890123],\"b\":{\"c\":null,\"d\":\"ü\\n\"},\"e\":[],\"f\":{}}";

        assertThat(after("{\"nested\":" + nested + ",\"next\":1}"))
                .isEqualTo(row("nested", new Value.Json(nested), "next", new Value.Json("1")));
    }

    @Test
    void columnsKeepTheirOrder() {
        assertThat(after("{\"z\":1,\"a\":2,\"m\":3}").columns())
                .containsOnlyKeys("z", "a", "m")
                .satisfies(columns -> {
                    assertThat(columns.keySet()).containsExactly("z", "a", "m");
                });
    }

    @Test
    void textMayHoldEveryCharacter() {
        assertThat(after("{\"a\":\"ü€😀\\u0000\\\"\"}")).isEqualTo(row("a", new Value.Text("ü€😀\u0000\"")));
    }

    @Test
    void valueOfTenMegabytesIsRead() {
        String text = "x".repeat(10_000_000);

        assertThat(after("{\"a\":\"" + text + "\"}")).isEqualTo(row("a", new Value.Text(text)));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("poison")
    void poisonIsRejectedWithWhatAndWhere(String value, String reason) {
        assertThat(read(value)).isInstanceOfSatisfying(Decoded.Rejected.class, rejected -> assertThat(rejected.reason())
                .startsWith(reason)
                .hasSizeLessThan(500)
                .doesNotContain("\n", "`"));
    }

    static Stream<Arguments> poison() {
        return Stream.of(
                arguments("", "empty value"),
                arguments("  ", "not a JSON object but nothing"),
                arguments("[" + SOUND + "]", "not a JSON object but an array"),
                arguments("null", "not a JSON object but null"),
                arguments("\"text\"", "not a JSON object but text"),
                arguments("1.5", "not a JSON object but a number"),
                arguments("true", "not a JSON object but true"),
                arguments("{op:\"c\"}", "not JSON: Unexpected character ('o' (code 111))"),
                arguments("plain text", "not JSON: Unrecognized token 'plain'"),
                arguments(SOUND.substring(0, 12), "not JSON: Unexpected end-of-input in field name at character 12"),
                arguments(SOUND + SOUND, "more than one JSON value"),
                arguments(SOUND + "x", "not JSON: Unrecognized token 'x'"),
                arguments("{}", "\"op\" is missing"),
                arguments("{\"op\":null}", "\"op\" is missing"),
                arguments("{\"payload\":{}}", "\"op\" is missing"),
                arguments("{\"schema\":null,\"payload\":null}", "\"op\" is missing"),
                arguments("{\"op\":\"x\"}", "\"op\" is \"x\", which is no known operation"),
                arguments("{\"op\":\"C\"}", "\"op\" is \"C\", which is no known operation"),
                arguments(
                        "{\"op\":\"" + "x".repeat(1_000_000) + "\"}",
                        "\"op\" is \"" + "x".repeat(40) + "…\", which is no known operation"),
                arguments("{\"op\":5}", "\"op\" is not text but a number"),
                arguments("{\"op\":[]}", "\"op\" is not text but an array"),
                arguments("{\"op\":\"c\"}", "\"after\" is missing, but \"op\" is \"c\""),
                arguments("{\"op\":\"r\",\"after\":null}", "\"after\" is missing, but \"op\" is \"r\""),
                arguments("{\"op\":\"u\",\"before\":{}}", "\"after\" is missing, but \"op\" is \"u\""),
                arguments("{\"op\":\"c\",\"after\":5}", "\"after\" is not a row but a number"),
                arguments("{\"op\":\"c\",\"after\":[{}]}", "\"after\" is not a row but an array"),
                arguments("{\"op\":\"d\",\"before\":\"a\"}", "\"before\" is not a row but text"),
                arguments("{\"op\":\"d\",\"before\":false}", "\"before\" is not a row but false"),
                arguments("{\"op\":\"t\",\"ts_ms\":\"5\"}", "\"ts_ms\" is not a number of milliseconds"),
                arguments("{\"op\":\"t\",\"ts_ms\":1.5}", "\"ts_ms\" is not a number of milliseconds"),
                arguments("{\"op\":\"t\",\"ts_ms\":9223372036854775808}", "\"ts_ms\" is not a number of milliseconds"),
                arguments("{\"op\":\"t\",\"op\":\"t\"}", "not JSON: Duplicate field 'op' at character 14"),
                arguments(
                        "{\"op\":\"c\",\"after\":{\"id\":1,\"id\":1}}",
                        "not JSON: Duplicate field 'id' at character 30"),
                arguments("{\"op\":\"t\",\"more\":{\"a\":1,\"a\":1}}", "not JSON: Duplicate field 'a' at character"),
                arguments("{\"op\":\"c\",\"after\":{\"id\":NaN}}", "not JSON: Non-standard token 'NaN' at character"),
                arguments("{\"op\":\"c\",\"after\":{\"id\":01}}", "not JSON: Invalid numeric value"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"op\":\"c\",\"after\":%s}",
                "{\"op\":\"c\",\"after\":{\"id\":%s}}",
                "{\"op\":\"c\",\"after\":{},\"more\":%s}",
                "{\"payload\":%s}",
                "%s"
            })
    void valueOfFiveThousandLevelsIsTooDeep(String event) {
        String objects = "{\"payload\":".repeat(5_000) + "1" + "}".repeat(5_000);

        assertThat(read(event.formatted(objects)))
                .isEqualTo(new Decoded.Rejected(
                        "too deep or too long: Document nesting depth (1001) exceeds the maximum allowed (1000)"));
    }

    @Test
    void numberOfOverAThousandDigitsIsTooLong() {
        assertThat(read("{\"op\":\"c\",\"after\":{\"id\":" + "1".repeat(1_001) + "}}"))
                .isEqualTo(new Decoded.Rejected(
                        "too deep or too long: Number value length (1001) exceeds the maximum allowed (1000)"));
    }

    /** A byte that never occurs, an overlong "/", a lone surrogate, beyond the last character, and a cut-off "€". */
    @ParameterizedTest
    @ValueSource(strings = {"ff", "c0af", "eda080", "f4908080", "e282"})
    void invalidUtf8IsRejectedWhereverItStands(String invalid) {
        byte[] inside = bytes("{\"op\":\"c\",\"after\":{\"id\":\"", invalid, "\"}}");
        byte[] skipped = bytes("{\"op\":\"t\",\"more\":\"", invalid, "\"}");
        byte[] last = bytes(SOUND, invalid, "");

        assertThat(reader.read(inside, RECORD_TIME)).isEqualTo(new Decoded.Rejected("not UTF-8 at byte 25"));
        assertThat(reader.read(skipped, RECORD_TIME)).isEqualTo(new Decoded.Rejected("not UTF-8 at byte 18"));
        assertThat(reader.read(last, RECORD_TIME))
                .isEqualTo(new Decoded.Rejected("not UTF-8 at byte " + SOUND.length()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-16", "UTF-16BE", "UTF-16LE", "UTF-32", "UTF-32BE", "UTF-32LE"})
    void otherEncodingsOfUnicodeAreNotGuessed(String charset) {
        assertThat(reader.read(SOUND.getBytes(Charset.forName(charset)), RECORD_TIME))
                .isInstanceOf(Decoded.Rejected.class);
    }

    @Test
    void everyTruncationOfAnEventIsRejected() {
        byte[] sound = SOUND.getBytes(StandardCharsets.UTF_8);

        for (int length = 0; length < sound.length; length++) {
            assertThat(reader.read(Arrays.copyOf(sound, length), RECORD_TIME))
                    .as("%d bytes", length)
                    .isInstanceOf(Decoded.Rejected.class);
        }
    }

    private Decoded read(String value) {
        return reader.read(value.getBytes(StandardCharsets.UTF_8), RECORD_TIME);
    }

    private ChangeEvent accepted(String value) {
        assertThat(read(value)).isInstanceOf(Decoded.Accepted.class);
        return ((Decoded.Accepted) read(value)).event();
    }

    private Row after(String row) {
        return accepted("{\"op\":\"c\",\"after\":" + row + "}").after().orElseThrow();
    }

    private static Row row(Object... namesAndValues) {
        Map<String, Value> columns = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            columns.put((String) namesAndValues[i], (Value) namesAndValues[i + 1]);
        }
        return new Row(columns);
    }

    private static byte[] bytes(String before, String hex, String after) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(before.getBytes(StandardCharsets.UTF_8));
        bytes.writeBytes(HexFormat.of().parseHex(hex));
        bytes.writeBytes(after.getBytes(StandardCharsets.UTF_8));
        return bytes.toByteArray();
    }
}
