package cdf.change;

import cdf.change.EventDecoder.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** How each type's values are written in events: first those that fit, then those that do not. */
class ColumnEncodingTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "STRING         | \"\"                                  | ``",
                "STRING         | \"5\"                                 | 5",
                "STRING         | \"Zoë – 雪 🦆\"                        | Zoë – 雪 🦆",
                "STRING         | \"Zo\\u00eb \\uD83E\\udd86\\/\\\\\\\"\" | Zoë 🦆/\\\"",
                "BOOLEAN        | true                                  | true",
                "BOOLEAN        | false                                 | false",
                "INT            | -2147483648                           | -2147483648",
                "INT            | 2147483647                            | 2147483647",
                "INT            | -0                                    | 0",
                "BIGINT         | -9223372036854775808                  | -9223372036854775808",
                "BIGINT         | 9223372036854775807                   | 9223372036854775807",
                "BIGINT         | 0                                     | 0",
                "DOUBLE         | 1                                     | 1.0",
                "DOUBLE         | -0.1                                  | -0.1",
                "DOUBLE         | -0                                    | -0.0",
                "DOUBLE         | 1.7976931348623157e308                | 1.7976931348623157E308",
                "DOUBLE         | 4.9E-324                              | 4.9E-324",
                "DOUBLE         | 9007199254740993                      | 9.007199254740992E15",
                "DOUBLE         | \"NaN\"                               | NaN",
                "DOUBLE         | \"Infinity\"                          | Infinity",
                "DOUBLE         | \"-Infinity\"                         | -Infinity",
                "DECIMAL(10,2)  | 12.5                                  | 12.50",
                "DECIMAL(10,2)  | -99999999.99                          | -99999999.99",
                "DECIMAL(10,2)  | 1.5000                                | 1.50",
                "DECIMAL(10,2)  | 12e3                                  | 12000.00",
                "DECIMAL(10,2)  | 1200e-4                               | 0.12",
                "DECIMAL(10,2)  | 0e999999999999                        | 0.00",
                "DECIMAL(10,2)  | 1.0000000000000000000000              | 1.00",
                "DECIMAL(10,2)  | \"BNI=\"                              | 12.34",
                "DECIMAL(10,2)  | \"+y4=\"                              | -12.34",
                "DECIMAL(2,2)   | 0.05                                  | 0.05",
                "DECIMAL(2,2)   | 0                                     | 0.00",
                "DECIMAL(18,0)  | 999999999999999999                    | 999999999999999999",
                "DECIMAL(38,10) | 1234567890123456789012345678.012      | 1234567890123456789012345678.0120000000",
                "DECIMAL(38,0)  | -99999999999999999999999999999999999999 | -99999999999999999999999999999999999999",
                "DECIMAL(20,1)  | \"AQAAAAAAAAAA\"                      | 1844674407370955161.6",
                "DATE           | 0                                     | 1970-01-01",
                "DATE           | -1                                    | 1969-12-31",
                "DATE           | \"2024-02-29\"                        | 2024-02-29",
                "DATE           | \"-0044-03-15\"                       | -0044-03-15",
                "TIMESTAMP      | 1529507596945104                      | 2018-06-20T15:13:16.945104Z",
                "TIMESTAMP(3)   | 1529507596945                         | 2018-06-20T15:13:16.945Z",
                "TIMESTAMP(9)   | 1529507596945104000                   | 2018-06-20T15:13:16.945104Z",
                "TIMESTAMP      | \"2018-06-20T15:13:16.945104Z\"       | 2018-06-20T15:13:16.945104Z",
                "TIMESTAMP      | \"2018-06-20T15:13:16.945104000+02:00\" | 2018-06-20T13:13:16.945104Z",
                "TIMESTAMP(3)   | \"2018-06-20T15:13Z\"                 | 2018-06-20T15:13:00Z",
                "TIMESTAMP      | \"1969-12-31T23:59:59.9-00:30\"       | 1970-01-01T00:29:59.900Z",
                "TIMESTAMP      | \"+12024-02-29T00:00:00+05:30:15\"    | +12024-02-28T18:29:45Z",
                "BINARY         | \"\"                                  | ``",
                "BINARY         | \"AP8=\"                              | 00ff",
                "BINARY         | \"+\\/8A\"                            | fbff00",
            })
    void takesAValueThatFits(String type, String json, String expected) {
        assertThat(show(type, decode(type, json))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "STRING        | 5                            | 5 is not text",
                "STRING        | true                         | true is not text",
                "STRING        | {\"a\": [1]}                 | an object is not text",
                "STRING        | \"\\uD83E\"                  | half of a surrogate pair",
                "BOOLEAN       | 1                            | 1 is neither true nor false",
                "BOOLEAN       | \"true\"                     | \"true\" is neither true nor false",
                "INT           | 2147483648                   | 2147483648 does not fit INT",
                "INT           | -2147483649                  | -2147483649 does not fit INT",
                "BIGINT        | 9223372036854775808          | does not fit BIGINT",
                "BIGINT        | -9223372036854775809         | does not fit BIGINT",
                "BIGINT        | 18446744073709551616         | does not fit BIGINT",
                "BIGINT        | 100000000000000000000000000  | does not fit BIGINT",
                "BIGINT        | 512.0                        | 512.0 is not an integer",
                "BIGINT        | 1e3                          | 1e3 is not an integer",
                "BIGINT        | \"5\"                        | \"5\" is not an integer",
                "BIGINT        | false                        | false is not an integer",
                "DOUBLE        | 1e309                        | 1e309 does not fit DOUBLE",
                "DOUBLE        | \"nan\"                      | \"nan\" is not a number",
                "DOUBLE        | \"1.5\"                      | \"1.5\" is not a number",
                "DOUBLE        | []                           | an array is not a number",
                "DECIMAL(10,2) | 0.001                        | 0.001 does not fit DECIMAL(10,2)",
                "DECIMAL(10,2) | 100000000                    | 100000000 does not fit DECIMAL(10,2)",
                "DECIMAL(10,2) | 1e99                         | does not fit DECIMAL(10,2)",
                "DECIMAL(10,2) | 1e-999999999999              | does not fit DECIMAL(10,2)",
                "DECIMAL(10,2) | 1.00000000000000000000001    | does not fit DECIMAL(10,2)",
                "DECIMAL(10,2) | \"12.34\"                    | is no base64",
                "DECIMAL(10,2) | \"\"                         | is no base64",
                "DECIMAL(10,2) | true                         | is neither a number nor base64",
                "DECIMAL(4,2)  | \"ATiA\"                     | does not fit DECIMAL(4,2)",
                "DECIMAL(38,0) | 100000000000000000000000000000000000000 | does not fit DECIMAL(38,0)",
                "DECIMAL(38,0) | 1e2147483647                 | does not fit DECIMAL(38,0)",
                "DATE          | 2147483648                   | does not fit DATE",
                "DATE          | 1.5                          | is not an integer",
                "DATE          | \"2023-02-29\"               | is no date",
                "DATE          | \"2023-13-01\"               | is no date",
                "DATE          | \"2023-1-1\"                 | is no date",
                "DATE          | \"2023-01-01T00:00:00Z\"     | is no date",
                "DATE          | \"02023-01-01\"              | is no date",
                "TIMESTAMP     | 1.5                          | is not an integer",
                "TIMESTAMP(3)  | 9223372036854776             | does not fit TIMESTAMP",
                "TIMESTAMP(9)  | 1529507596945104001          | is no whole number of microseconds",
                "TIMESTAMP     | \"2018-06-20T15:13:16.945104001Z\" | is no whole number of microseconds",
                "TIMESTAMP     | \"2018-06-20T15:13:16\"      | is no time",
                "TIMESTAMP     | \"2018-06-20 15:13:16Z\"     | is no time",
                "TIMESTAMP     | \"2018-06-20T24:00:00Z\"     | is no time",
                "TIMESTAMP     | \"2018-06-20T15:13:60Z\"     | is no time",
                "TIMESTAMP     | \"2018-06-20T15:13:16.Z\"    | is no time",
                "TIMESTAMP     | \"2018-06-20T15:13:16+18:01\" | is no time",
                "TIMESTAMP     | \"\"                         | is no time",
                "BINARY        | \"AP8\"                      | is not base64",
                "BINARY        | \"AP9=\"                     | is not base64",
                "BINARY        | \"A P8\"                     | is not base64",
                "BINARY        | \"====\"                     | is not base64",
                "BINARY        | 5                            | is not base64",
            })
    void refusesAValueThatDoesNotFit(String type, String json, String reason) {
        TableSchema schema = TableSchema.parse("id INT, v " + type, "id");
        EventDecoder decoder = new EventDecoder(schema);

        Outcome outcome = decoder.decode(null, event(json));

        assertThat(outcome).isEqualTo(Outcome.REJECTED);
        assertThat(decoder.reason())
                .startsWith("column \"v\" of \"after\": ")
                .contains(reason)
                .hasLineCount(1);
        assertThat(decoder.columnAtFault()).contains("v");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "DECIMAL(10,2) | {\"type\":\"string\"} | \"12.5\" | 12.50",
                "DECIMAL(10,2) | {\"type\":\"string\"} | \"1234\" | 1234.00",
                "DECIMAL(10,2) | {\"type\":\"double\"} | 12.5 | 12.50",
                "DECIMAL(10,2) | {\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\","
                        + "\"parameters\":{\"scale\":\"4\"}} | \"AeII\" | 12.34",
                "DECIMAL(10,2) | {\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\"} | \"BNI=\" | 12.34",
                "DATE          | {\"type\":\"int32\",\"name\":\"io.debezium.time.Date\"} | 19782 | 2024-02-29",
                "DATE          | {\"type\":\"int32\",\"name\":\"org.apache.kafka.connect.data.Date\"} | 19782 | 2024-02-29",
                "TIMESTAMP     | {\"type\":\"int64\"} | 1000 | 1970-01-01T00:00:00.001Z",
                "TIMESTAMP     | {\"type\":\"int64\",\"name\":\"io.debezium.time.Timestamp\"} | 1000 | 1970-01-01T00:00:01Z",
                "TIMESTAMP     | {\"type\":\"int64\",\"name\":\"org.apache.kafka.connect.data.Timestamp\"} | 1000 | 1970-01-01T00:00:01Z",
                "TIMESTAMP(3)  | {\"type\":\"int64\",\"name\":\"io.debezium.time.MicroTimestamp\"} | 1000 | 1970-01-01T00:00:00.001Z",
                "TIMESTAMP     | {\"type\":\"int64\",\"name\":\"io.debezium.time.NanoTimestamp\"} | 1000 | 1970-01-01T00:00:00.000001Z",
                "TIMESTAMP     | {\"type\":\"string\",\"name\":\"io.debezium.time.ZonedTimestamp\"} | \"1970-01-01T00:00:01Z\" | 1970-01-01T00:00:01Z",
                "BIGINT        | {\"type\":\"int32\",\"name\":\"io.debezium.time.Time\"} | 45296789 | 45296789000",
                "BIGINT        | {\"type\":\"int32\",\"name\":\"org.apache.kafka.connect.data.Time\"} | 1 | 1000",
                "BIGINT        | {\"type\":\"int64\",\"name\":\"io.debezium.time.MicroTime\"} | 45296789123 | 45296789123",
                "STRING        | {\"type\":\"string\",\"name\":\"io.debezium.data.Json\"} | \"{}\" | {}",
            })
    void theSchemaOfAWrappedEventSaysHowAValueIsWritten(String type, String schema, String json, String expected) {
        TableSchema table = TableSchema.parse("id INT, v " + type, "id");
        EventDecoder decoder = new EventDecoder(table);

        Outcome outcome = decoder.decode(null, wrapped(schema, json));

        assertThat(outcome).as(() -> decoder.reason()).isEqualTo(Outcome.UPSERT);
        assertThat(show(type, DecodedRow.of(table, decoder.row()))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "DECIMAL(10,2) | {\"type\":\"string\"} | \"12.5x\" | is no number",
                "DECIMAL(10,2) | {\"type\":\"string\"} | \"12.555\" | does not fit DECIMAL(10,2)",
                "DECIMAL(10,2) | {\"type\":\"string\"} | \"\" | is no number",
                "DECIMAL(10,2) | {\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\","
                        + "\"parameters\":{\"scale\":\"4\"}} | \"AeJA\" | does not fit DECIMAL(10,2)",
                "DATE          | {\"type\":\"int64\",\"name\":\"io.debezium.time.Timestamp\"} | 5 | is a io.debezium.time.Timestamp, not a DATE",
                "TIMESTAMP     | {\"type\":\"int32\",\"name\":\"io.debezium.time.Date\"} | 5 | is a io.debezium.time.Date, not a TIMESTAMP",
                "TIMESTAMP     | {\"type\":\"int64\",\"name\":\"io.debezium.time.NanoTimestamp\"} | 1001 | is no whole number",
                "BIGINT        | {\"type\":\"int32\",\"name\":\"io.debezium.time.Time\"} | 9223372036854776 | does not fit BIGINT",
            })
    void theSchemaOfAWrappedEventDecidesWhatDoesNotFit(String type, String schema, String json, String reason) {
        EventDecoder decoder = new EventDecoder(TableSchema.parse("id INT, v " + type, "id"));

        Outcome outcome = decoder.decode(null, wrapped(schema, json));

        assertThat(outcome).isEqualTo(Outcome.REJECTED);
        assertThat(decoder.reason()).contains(reason);
        assertThat(decoder.columnAtFault()).contains("v");
    }

    @Test
    void aLongValueIsShownShortened() {
        EventDecoder decoder = new EventDecoder(TableSchema.parse("id INT", "id"));

        decoder.decode(
                null,
                ("{\"op\":\"c\",\"after\":{\"id\":\"" + "雪".repeat(1_000_000) + "\"}}")
                        .getBytes(StandardCharsets.UTF_8));

        assertThat(decoder.reason())
                .isEqualTo("column \"id\" of \"after\": \"" + "雪".repeat(39) + "… is not an integer");
    }

    private static Map<String, Object> decode(String type, String json) {
        TableSchema schema = TableSchema.parse("id INT, v " + type, "id");
        EventDecoder decoder = new EventDecoder(schema);
        Outcome outcome = decoder.decode(null, event(json));
        assertThat(outcome).as(() -> decoder.reason()).isEqualTo(Outcome.UPSERT);
        return DecodedRow.of(schema, decoder.row());
    }

    private static byte[] event(String json) {
        return ("{\"op\":\"c\",\"after\":{\"id\":1,\"v\":" + json + "}}").getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] wrapped(String schema, String json) {
        String column = schema.substring(0, schema.length() - 1) + ",\"optional\":true,\"field\":\"v\"}";
        String row = "{\"type\":\"struct\",\"fields\":[{\"type\":\"int32\",\"field\":\"id\"}," + column
                + "],\"optional\":true,\"field\":\"after\"}";
        return ("{\"schema\":{\"type\":\"struct\",\"fields\":[" + row + "]},\"payload\":"
                        + new String(event(json), StandardCharsets.UTF_8) + "}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** The value as the tables above write it. */
    private static String show(String type, Map<String, Object> row) {
        Object value = row.get("v");
        assertThat(value).as("value").isNotNull();
        if (type.startsWith("DATE")) {
            return LocalDate.ofEpochDay((int) value).toString();
        }
        if (type.startsWith("TIMESTAMP")) {
            long micros = (long) value;
            return Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000)
                    .toString();
        }
        return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
    }
}
