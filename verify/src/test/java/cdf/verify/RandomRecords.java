package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.TableSchema;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Records of a table, most of them sound, in every encoding; the rest broken in one way or another. */
final class RandomRecords {
    private static final String[] TEXTS = {
        "\"\"",
        "\"ab\"",
        "\"Zoë 🦆\"",
        "\"\\u005a\\uD83E\\uDD86\\n\\/\"",
        "\"\\ud83e\"",
        "\"NaN\"",
        "\"-Infinity\"",
        "\"AQI=\"",
        "\"AQID\"",
        "\"AQJ=\"",
        "\"/////////////w==\"",
        "\"Bb2eaGwFMQ==\"",
        "\"12.50\"",
        "\"1e2\"",
        "\"2024-02-29\"",
        "\"2023-02-29\"",
        "\"-0001-01-01\"",
        "\"+12024-12-31\"",
        "\"2018-06-20T15:13:16.945104Z\"",
        "\"2018-06-20T15:13:16.945104001+02:00\"",
        "\"2018-06-20T15:13-18:00\"",
        "\"+10000-06-20T15:13:16.1+05:30:15\"",
        "\"__debezium_unavailable_value\"",
        "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"",
        "\"a text that is longer than a word of eight bytes\""
    };
    private static final String[] NUMBERS = {
        "0",
        "-0",
        "1",
        "-1",
        "512",
        "512.0",
        "512.5",
        "1e3",
        "1E+2",
        "0.25",
        "-99999999.99",
        "100000000",
        "1.50000",
        "1000",
        "2147483647",
        "-2147483648",
        "2147483648",
        "9223372036854775807",
        "-9223372036854775808",
        "9223372036854775808",
        "18446744073709551616",
        "1529507596945104",
        "1529507596945104000",
        "123456789012345678901234567890.12345678",
        "1e400",
        "4.9e-324",
        "0e5",
        "9007199254740993",
        "0.1",
        "123456789.123456789",
        "1e22",
        "1e23",
        "0.30000000000000004"
    };
    private static final String[] OTHERS = {
        "null",
        "true",
        "false",
        "{}",
        "[]",
        "{\"a\":[1,{\"b\":\"}\"}]}",
        "[[],[1,2]]",
        "[ \"__debezium_unavailable_value\"]",
        "{\"__debezium_unavailable_value\":\"__debezium_unavailable_value\"}",
        "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
        "[ \"a \\\"b\\\\\" ,\t1.50 , null,{ \"\\u00e9 \":\"Zoë \" } ]",
        "{\"scale\":3,\"value\":\"AQI=\"}",
        "{ \"value\" : \"/////////////w==\", \"scale\" : -2 }",
        "{\"scale\":1.0,\"value\":\"AQI=\"}",
        "{\"scale\":1,\"value\":\"\"}"
    };
    private static final String[] NAMED_TYPES = {
        "{\"type\":\"string\"}",
        "{\"type\":\"array\",\"items\":{\"type\":\"string\"}}",
        "{\"type\":\"struct\",\"name\":\"io.debezium.data.VariableScaleDecimal\"}",
        "{\"type\":\"int64\"}",
        "{\"type\":\"bytes\",\"name\":\"org.apache.kafka.connect.data.Decimal\",\"parameters\":{\"scale\":\"2\"}}",
        "{\"type\":\"int64\",\"name\":\"io.debezium.time.Timestamp\"}",
        "{\"type\":\"int64\",\"name\":\"io.debezium.time.MicroTimestamp\",\"version\":1}",
        "{\"type\":\"int64\",\"name\":\"io.debezium.time.NanoTimestamp\"}",
        "{\"type\":\"int32\",\"name\":\"io.debezium.time.Time\"}"
    };

    private final TableSchema schema;
    private final Random random;

    RandomRecords(TableSchema schema, long seed) {
        this.schema = schema;
        this.random = new Random(seed);
    }

    byte @Nullable [] key() {
        int kind = random.nextInt(10);
        String key =
                switch (kind) {
                    case 0 -> null;
                    case 1 -> "raw text";
                    case 2 -> pick(TEXTS);
                    case 3 -> pick(NUMBERS);
                    case 4 -> anything();
                    case 5 -> wrapped("{\"type\":\"int64\"}", pick(NUMBERS));
                    case 6, 7 -> wrapped(rowSchema("key"), row(true));
                    default -> row(true);
                };
        return key == null ? null : damaged(key);
    }

    byte @Nullable [] value() {
        if (random.nextInt(100) == 0) {
            return null;
        }
        String envelope = envelope();
        return damaged(
                switch (random.nextInt(4)) {
                    case 0 ->
                        wrapped(
                                "{\"type\":\"struct\",\"fields\":[" + rowSchema("before") + "," + rowSchema("after")
                                        + "]}",
                                envelope);
                    case 1 -> wrapped(anything(), envelope);
                    default -> envelope;
                });
    }

    private String envelope() {
        List<String> fields = new ArrayList<>();
        if (chance(99)) {
            fields.add(field(
                    "op",
                    chance(98)
                            ? "\"" + pick("c", "r", "u", "u", "d", "d", "t", "m") + "\""
                            : pick("\"x\"", "\"\\u0063\"", "null", "1", "\"cc\"")));
        }
        if (chance(80)) {
            fields.add(field("ts_ms", chance(98) ? "1700000000000" : anything()));
        }
        boolean sameKey = chance(80);
        String key = keyFields();
        if (chance(80)) {
            fields.add(field(
                    "before", chance(70) ? row(sameKey ? key : keyFields(), chance(30)) : pick("null", anything())));
        }
        if (chance(90)) {
            fields.add(field("after", chance(95) ? row(key, false) : pick("null", anything())));
        }
        if (chance(30)) {
            fields.add(
                    field("source", "{\"version\":\"1\",\"ts_ms\":5,\"snapshot\":false,\"lsn\":[1,2,{\"a\":null}]}"));
        }
        if (chance(5)) {
            fields.add(field(pick("payload", "schema", "op", "x", "source", "befor", "after "), anything()));
        }
        if (chance(30)) {
            Collections.shuffle(fields, random);
        }
        return object(fields);
    }

    private String row(boolean keyOnly) {
        return row(keyFields(), keyOnly);
    }

    /** The key's columns, without braces. */
    private String keyFields() {
        List<String> fields = new ArrayList<>();
        for (int index : schema.key()) {
            if (chance(98)) {
                Column column = schema.columns().get(index);
                fields.add(field(column.name(), chance(97) ? sound(column.type()) : anything()));
            }
        }
        return String.join(",", fields);
    }

    private String row(String keyFields, boolean keyOnly) {
        List<String> fields = new ArrayList<>();
        if (!keyFields.isEmpty()) {
            fields.add(keyFields);
        }
        for (int index = 0; index < schema.columns().size(); index++) {
            if (!schema.key().contains(index) && !keyOnly && chance(80)) {
                Column column = schema.columns().get(index);
                fields.add(field(column.name(), chance(97) ? sound(column.type()) : anything()));
            }
        }
        if (chance(10)) {
            fields.add(field(pick("unknown", "id ", "i", "balanc", "\\ud800"), anything()));
        }
        if (chance(1)) {
            fields.add(field(schema.columns().get(0).name(), anything()));
        }
        if (chance(20)) {
            Collections.shuffle(fields, random);
        }
        return object(fields);
    }

    private String sound(ColumnType type) {
        if (chance(5)) {
            return "null";
        }
        return switch (type.kind()) {
            case STRING -> chance(50) ? "\"" + random.nextInt(3) + "\"" : chance(80) ? pick(TEXTS) : pick(OTHERS);
            case BOOLEAN -> pick("true", "false");
            case INT -> chance(70) ? String.valueOf(random.nextInt(3)) : String.valueOf(random.nextInt());
            case BIGINT -> chance(50) ? String.valueOf(random.nextLong()) : String.valueOf(random.nextInt(1_000));
            case DOUBLE ->
                chance(50)
                        ? String.valueOf(Double.longBitsToDouble(random.nextLong()))
                                .replaceAll(".*[a-z].*", "\"NaN\"")
                        : pick("1.5", "\"Infinity\"", "0.1", String.valueOf(random.nextInt(100_000) / 100.0));
            case DECIMAL ->
                pick("1.25", "\"AQI=\"", "12e-1", "-0.5000", String.valueOf(random.nextInt(100_000) / 100.0));
            case DATE -> pick("19782", "-5", "\"2024-02-29\"", "\"1969-12-31\"");
            case TIMESTAMP ->
                pick("1529507596945000", "\"2018-06-20T15:13:16.945104Z\"", "\"1950-06-20T15:13:16.5-02:00\"", "0");
            case BINARY -> pick("\"\"", "\"AQI=\"", "\"AQID\"", "\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"");
        };
    }

    private String anything() {
        return pick(pick(TEXTS), pick(NUMBERS), pick(OTHERS));
    }

    private String rowSchema(String field) {
        List<String> fields = new ArrayList<>();
        for (Column column : schema.columns()) {
            if (chance(90)) {
                String type =
                        switch (column.type().kind()) {
                            case DATE -> "{\"type\":\"int32\"}";
                            case STRING -> pick(NAMED_TYPES);
                            default -> NAMED_TYPES[(int) (fields.size() * 31L % NAMED_TYPES.length)];
                        };
                fields.add(
                        type.substring(0, type.length() - 1) + "," + field("field", "\"" + column.name() + "\"") + "}");
            }
        }
        return "{\"type\":\"struct\",\"fields\":[" + String.join(",", fields) + "],"
                + field("field", "\"" + field + "\"") + "}";
    }

    private String wrapped(String schemaJson, String payload) {
        List<String> fields = new ArrayList<>(List.of(field("schema", schemaJson), field("payload", payload)));
        if (chance(5)) {
            fields.add(field(pick("op", "x", "after", "payload"), anything()));
        }
        if (chance(10)) {
            Collections.shuffle(fields, random);
        }
        return object(fields);
    }

    private String field(String name, String json) {
        String written = chance(98) || name.isEmpty() || name.startsWith("\\")
                ? name
                : "\\u%04x%s".formatted((int) name.charAt(0), name.substring(1));
        return "\"" + written + "\"" + space() + ":" + space() + json;
    }

    private String object(List<String> fields) {
        return "{" + space() + String.join(space() + "," + space(), fields) + space() + "}";
    }

    private String space() {
        return chance(98) ? "" : pick(" ", "\n", "\t\r");
    }

    /** The bytes; of some, changed here and there. */
    private byte[] damaged(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        if (chance(70) || bytes.length == 0) {
            return bytes;
        }
        int at = random.nextInt(bytes.length);
        int to = Math.min(bytes.length, at + 1 + random.nextInt(4));
        return switch (random.nextInt(6)) {
            case 0 -> Arrays.copyOf(bytes, at);
            case 1 -> concat(Arrays.copyOf(bytes, at), Arrays.copyOfRange(bytes, to, bytes.length));
            case 2 -> concat(Arrays.copyOf(bytes, to), Arrays.copyOfRange(bytes, at, bytes.length));
            case 3 -> {
                bytes[at] = (byte) random.nextInt(256);
                yield bytes;
            }
            case 4 -> {
                bytes[at] = (byte) "{}[]\",:\\0123456789eE+-.tfnu \n/=".charAt(random.nextInt(31));
                yield bytes;
            }
            default ->
                concat(bytes, new byte[] {(byte) pick(" ", "}", "1", "\0").charAt(0)});
        };
    }

    private static byte[] concat(byte[] first, byte[] second) {
        byte[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }

    private boolean chance(int percent) {
        return random.nextInt(100) < percent;
    }

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }
}
