package cdf.postgres;

import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.SchemaBuilder;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.json.JsonConverter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import static org.assertj.core.api.Assertions.assertThat;

/** Our JSON is that of Kafka Connect's own converter, byte for byte. */
class EventJsonTest {
    private static final Schema NESTED = SchemaBuilder.struct()
            .name("nested")
            .optional()
            .field("scale", Schema.INT32_SCHEMA)
            .field("value", Schema.BYTES_SCHEMA)
            .build();

    private static final Schema EVERYTHING = SchemaBuilder.struct()
            .name("Everything")
            .version(2)
            .doc("every type")
            .parameter("allowed", "a,b")
            .field("int8", Schema.INT8_SCHEMA)
            .field("int16", Schema.INT16_SCHEMA)
            .field("int32", SchemaBuilder.int32().optional().defaultValue(7).build())
            .field("int64", Schema.OPTIONAL_INT64_SCHEMA)
            .field("float32", Schema.OPTIONAL_FLOAT32_SCHEMA)
            .field("float64", Schema.OPTIONAL_FLOAT64_SCHEMA)
            .field("boolean", Schema.OPTIONAL_BOOLEAN_SCHEMA)
            .field(
                    "string",
                    SchemaBuilder.string()
                            .optional()
                            .defaultValue("a \"default\"")
                            .build())
            .field("bytes", Schema.OPTIONAL_BYTES_SCHEMA)
            .field("buffer", Schema.OPTIONAL_BYTES_SCHEMA)
            .field("decimal", Decimal.builder(3).optional().build())
            .field("date", Date.builder().optional().build())
            .field("time", Time.builder().optional().build())
            .field("timestamp", Timestamp.builder().optional().build())
            .field(
                    "array",
                    SchemaBuilder.array(Schema.OPTIONAL_STRING_SCHEMA)
                            .optional()
                            .build())
            .field(
                    "map",
                    SchemaBuilder.map(Schema.STRING_SCHEMA, Schema.OPTIONAL_INT32_SCHEMA)
                            .optional()
                            .build())
            .field(
                    "pairs",
                    SchemaBuilder.map(Schema.INT32_SCHEMA, Schema.STRING_SCHEMA)
                            .optional()
                            .build())
            .field("nested", NESTED)
            .build();

    @Test
    void everyTypeIsWrittenAsConnectDoes() {
        assertSame(new Struct(EVERYTHING)
                .put("int8", (byte) -128)
                .put("int16", (short) 32_767)
                .put("int32", Integer.MIN_VALUE)
                .put("int64", Long.MAX_VALUE)
                .put("float32", 0.1f)
                .put("float64", 1e300)
                .put("boolean", true)
                .put("string", "Renée \"\\\u0001\n\t😀 / \u2028 א")
                .put("bytes", new byte[] {0, -1, 127})
                .put("buffer", ByteBuffer.wrap(new byte[] {1, 2, 3}))
                .put("decimal", new BigDecimal("-12345678901234567890.123"))
                .put("date", java.util.Date.from(Instant.parse("2022-01-08T00:00:00Z")))
                .put("time", java.util.Date.from(Instant.ofEpochMilli(1_234)))
                .put("timestamp", java.util.Date.from(Instant.ofEpochMilli(1_700_000_000_123L)))
                .put("array", Arrays.asList("a", null, ""))
                .put("map", Map.of("k", 1))
                .put("pairs", Map.of(1, "one"))
                .put("nested", new Struct(NESTED).put("scale", 2).put("value", new byte[] {5})));
    }

    @Test
    void nullsAreNullsAlsoWhereTheColumnHasADefault() {
        Struct nulls = new Struct(EVERYTHING)
                .put("int8", (byte) 0)
                .put("int16", (short) 0)
                .put("int32", null)
                .put("string", null);

        assertSame(nulls);
        assertThat(text(new EventJson().write(EVERYTHING, nulls))).contains("\"int32\":null", "\"string\":null");
    }

    @Test
    void numbersThatJsonDoesNotHaveAreWrittenAsConnectDoes() {
        for (double number : List.of(Double.NaN, Double.POSITIVE_INFINITY, -0.0, Double.MIN_VALUE)) {
            assertSame(new Struct(EVERYTHING)
                    .put("int8", (byte) 0)
                    .put("int16", (short) 0)
                    .put("float64", number)
                    .put("float32", (float) number));
        }
    }

    @Test
    void tombstoneIsNothing() {
        assertThat(new EventJson().write(null, null)).isNull();
    }

    private static void assertSame(Struct struct) {
        struct.validate();
        JsonConverter connect = new JsonConverter();
        connect.configure(Map.of("schemas.enable", "true", "replace.null.with.default", "false"), false);
        EventJson json = new EventJson();

        String first = text(json.write(EVERYTHING, struct));
        String again = text(json.write(EVERYTHING, struct));

        assertThat(first).isEqualTo(text(connect.fromConnectData("topic", EVERYTHING, struct)));
        assertThat(again).isEqualTo(first);
    }

    private static String text(byte @Nullable [] bytes) {
        return new String(Objects.requireNonNull(bytes), StandardCharsets.UTF_8);
    }
}
