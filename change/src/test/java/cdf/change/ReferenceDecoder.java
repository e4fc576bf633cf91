package cdf.change;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** What {@link EventDecoder} must do, the plain and slow way: Jackson, maps, BigDecimal and java.time. */
final class ReferenceDecoder {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final TableSchema schema;
    private final List<Column> keyColumns;

    ReferenceDecoder(TableSchema schema) {
        this.schema = schema;
        this.keyColumns =
                schema.key().stream().map(index -> schema.columns().get(index)).toList();
    }

    /**
     * What an event comes to.
     *
     * @param row of an upsert and a delete, without nulls
     * @param columnAtFault of a rejection
     */
    record Verdict(EventDecoder.Outcome outcome, Map<String, Object> row, Optional<String> columnAtFault) {
        static Verdict of(EventDecoder.Outcome outcome) {
            return new Verdict(outcome, Map.of(), Optional.empty());
        }
    }

    Verdict decode(byte @Nullable [] key, byte @Nullable [] value) {
        if (value == null) {
            return Verdict.of(EventDecoder.Outcome.IGNORED);
        }
        try {
            return decodeEnvelope(key, checked(object(parse(value))));
        } catch (Misfit misfit) {
            return new Verdict(EventDecoder.Outcome.REJECTED, Map.of(), misfit.column);
        }
    }

    private Verdict decodeEnvelope(byte @Nullable [] key, Map<?, ?> fields) throws Misfit {
        Map<?, ?> envelope = fields;
        Map<?, ?> rowSchema = Map.of();
        if (fields.get("op") == null && fields.get("payload") instanceof Map<?, ?> payload) {
            envelope = checked(payload);
            rowSchema = field(fields.get("schema"), "after");
        }
        String operation = (String) envelope.get("op");
        if (operation == null) {
            throw new Misfit();
        }
        switch (operation) {
            case "c", "r", "u" -> {
                Map<String, Object> after = row(object(envelope.get("after")), rowSchema, schema.columns());
                requireKey(after);
                if (operation.equals("u") && envelope.get("before") instanceof Map<?, ?> before) {
                    requireSameKey(row(before, rowSchema, keyColumns), after);
                }
                return new Verdict(EventDecoder.Outcome.UPSERT, after, Optional.empty());
            }
            case "d" -> {
                Map<String, Object> before = Map.of();
                if (envelope.get("before") instanceof Map<?, ?> row) {
                    before = row(row, rowSchema, keyColumns);
                }
                if (before.size() < keyColumns.size()) {
                    before = recordKey(key);
                }
                return new Verdict(EventDecoder.Outcome.DELETE, before, Optional.empty());
            }
            case "t" -> {
                return Verdict.of(EventDecoder.Outcome.TRUNCATE);
            }
            default -> {
                return Verdict.of(EventDecoder.Outcome.IGNORED);
            }
        }
    }

    private static Map<?, ?> checked(Map<?, ?> fields) throws Misfit {
        boolean sound = (fields.get("op") == null
                        || (fields.get("op") instanceof String letter
                                && Operation.ofLetter(letter).isPresent()))
                && (fields.get("ts_ms") == null || (fields.get("ts_ms") instanceof Numeral number && number.isLong()))
                && (fields.get("before") == null || fields.get("before") instanceof Map)
                && (fields.get("after") == null || fields.get("after") instanceof Map);
        if (!sound) {
            throw new Misfit();
        }
        return fields;
    }

    private Map<String, Object> row(Map<?, ?> fields, Map<?, ?> rowSchema, List<Column> columns) throws Misfit {
        Map<String, Object> row = new LinkedHashMap<>();
        // The first in the order of the fields is at fault, the row then in the order of the columns.
        Map<String, Object> read = new LinkedHashMap<>();
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            for (Column column : columns) {
                if (column.name().equals(field.getKey()) && field.getValue() != null) {
                    read.put(column.name(), value(column, field.getValue(), field(rowSchema, column.name())));
                }
            }
        }
        for (Column column : columns) {
            if (read.containsKey(column.name())) {
                row.put(column.name(), read.get(column.name()));
            }
        }
        return row;
    }

    private void requireKey(Map<String, Object> row) throws Misfit {
        for (Column column : keyColumns) {
            if (!row.containsKey(column.name())) {
                throw new Misfit(column);
            }
        }
    }

    private void requireSameKey(Map<String, Object> before, Map<String, Object> after) throws Misfit {
        if (before.size() < keyColumns.size()) {
            return;
        }
        for (Column column : keyColumns) {
            if (!Objects.equals(before.get(column.name()), after.get(column.name()))) {
                throw new Misfit(column);
            }
        }
    }

    private Map<String, Object> recordKey(byte @Nullable [] key) throws Misfit {
        if (key == null) {
            throw new Misfit();
        }
        Column only = keyColumns.get(0);
        boolean isText = keyColumns.size() == 1 && only.type().kind() == ColumnType.Kind.STRING;
        Object json;
        try {
            json = parse(key);
        } catch (Misfit notJson) {
            if (!isText) {
                throw notJson;
            }
            return Map.of(only.name(), utf8(key));
        }
        if (isText && !(json instanceof Map) && !(json instanceof String)) {
            return Map.of(only.name(), utf8(key));
        }
        Map<String, Object> row;
        if (json instanceof Map<?, ?> fields) {
            row = keyRow(fields);
        } else {
            row = keyValue(json, Map.of());
        }
        requireKey(row);
        return row;
    }

    private Map<String, Object> keyRow(Map<?, ?> fields) throws Misfit {
        Map<String, Object> bare = Map.of();
        Optional<Misfit> misfit = Optional.empty();
        try {
            bare = row(fields, Map.of(), keyColumns);
        } catch (Misfit bareMisfit) {
            misfit = Optional.of(bareMisfit);
        }
        if (bare.size() == keyColumns.size()) {
            return bare;
        }
        if (fields.containsKey("payload")) {
            Map<?, ?> keySchema = fields.get("schema") instanceof Map<?, ?> map ? map : Map.of();
            return fields.get("payload") instanceof Map<?, ?> payload
                    ? row(payload, keySchema, keyColumns)
                    : keyValue(fields.get("payload"), keySchema);
        }
        if (misfit.isPresent()) {
            throw misfit.get();
        }
        return bare;
    }

    private Map<String, Object> keyValue(@Nullable Object json, Map<?, ?> valueSchema) throws Misfit {
        if (keyColumns.size() > 1) {
            throw new Misfit();
        }
        Column only = keyColumns.get(0);
        return json == null ? Map.of() : Map.of(only.name(), value(only, json, valueSchema));
    }

    private static Object value(Column column, Object json, Map<?, ?> valueSchema) throws Misfit {
        try {
            return value(column.type(), json, valueSchema);
        } catch (DateTimeException | ArithmeticException | IllegalArgumentException | ClassCastException misfit) {
            throw new Misfit(column);
        }
    }

    private static Object value(ColumnType type, Object json, Map<?, ?> valueSchema) {
        return switch (type.kind()) {
            case STRING -> text(json);
            case BOOLEAN -> (Boolean) json;
            case INT -> ((Numeral) json).integer().intValueExact();
            case BIGINT -> ((Numeral) json).integer().longValueExact();
            case DOUBLE -> doubleValue(json);
            case DECIMAL -> decimal(type, json, valueSchema);
            case DATE -> date(json, name(valueSchema));
            case TIMESTAMP -> timestamp(type, json, name(valueSchema));
            case BINARY -> HexFormat.of().formatHex(base64((String) json));
        };
    }

    private static String text(Object json) {
        String text = (String) json;
        require(StandardCharsets.UTF_8.newEncoder().canEncode(text));
        return text;
    }

    private static double doubleValue(Object json) {
        if (json instanceof Numeral number) {
            double value = Double.parseDouble(number.text);
            require(Double.isFinite(value));
            return value;
        }
        require(List.of("NaN", "Infinity", "-Infinity").contains(json));
        return Double.parseDouble((String) json);
    }

    private static BigDecimal decimal(ColumnType type, Object json, Map<?, ?> valueSchema) {
        BigDecimal value;
        if (json instanceof Numeral number) {
            value = new BigDecimal(number.text);
        } else if ("string".equals(valueSchema.get("type"))) {
            require(((String) json).matches("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?"));
            value = new BigDecimal((String) json);
        } else {
            value = new BigDecimal(new BigInteger(base64((String) json)), type.scale());
        }
        require(value.signum() == 0 || Math.abs((long) value.precision() - value.scale()) < 1_000);
        BigDecimal scaled = value.setScale(type.scale(), RoundingMode.UNNECESSARY);
        require(scaled.precision() <= type.precision());
        return scaled;
    }

    private static String name(Map<?, ?> valueSchema) {
        return valueSchema.get("name") instanceof String name ? name : "";
    }

    private static int date(Object json, String name) {
        require(List.of("", "io.debezium.time.Date", "org.apache.kafka.connect.data.Date")
                .contains(name));
        if (json instanceof Numeral days) {
            return days.integer().intValueExact();
        }
        LocalDate date = LocalDate.parse((String) json);
        require(Math.abs(date.getYear()) <= 290_000);
        return Math.toIntExact(date.toEpochDay());
    }

    private static long timestamp(ColumnType type, Object json, String name) {
        int toMicros =
                switch (name) {
                    case "" -> 6 - type.precision();
                    case "io.debezium.time.Timestamp" -> 3;
                    case "io.debezium.time.MicroTimestamp" -> 0;
                    case "io.debezium.time.NanoTimestamp" -> -3;
                    default -> throw new IllegalArgumentException();
                };
        if (json instanceof Numeral number) {
            return BigDecimal.valueOf(number.integer().longValueExact())
                    .scaleByPowerOfTen(toMicros)
                    .longValueExact();
        }
        String text = (String) json;
        require(text.matches("[-+]?[0-9]+-[0-9-]+T[0-9:]+(:[0-9]+(\\.[0-9]+)?)?(Z|[-+][0-9]+:[0-9:]+)"));
        OffsetDateTime time = OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME);
        require(Math.abs(time.getYear()) <= 290_000 && time.getNano() % 1_000 == 0);
        return time.toEpochSecond() * 1_000_000 + time.getNano() / 1_000;
    }

    private static byte[] base64(String text) {
        byte[] bytes = Base64.getDecoder().decode(text);
        require(Base64.getEncoder().encodeToString(bytes).equals(text));
        return bytes;
    }

    private static void require(boolean sound) {
        if (!sound) {
            throw new IllegalArgumentException();
        }
    }

    /** The schema of a struct's field; empty if it says nothing of it. */
    private static Map<?, ?> field(@Nullable Object structSchema, String name) {
        if (structSchema instanceof Map<?, ?> struct && struct.get("fields") instanceof List<?> fields) {
            for (Object field : fields) {
                if (field instanceof Map<?, ?> candidate && name.equals(candidate.get("field"))) {
                    return candidate;
                }
            }
        }
        return Map.of();
    }

    private static Map<?, ?> object(@Nullable Object json) throws Misfit {
        if (json instanceof Map<?, ?> map) {
            return map;
        }
        throw new Misfit();
    }

    private static @Nullable Object parse(byte[] bytes) throws Misfit {
        try (JsonParser parser = JSON.createParser(utf8(bytes))) {
            if (parser.nextToken() == null) {
                throw new Misfit();
            }
            Object json = read(parser);
            if (parser.nextToken() != null) {
                throw new Misfit();
            }
            return json;
        } catch (IOException notJson) {
            throw new Misfit();
        }
    }

    private static String utf8(byte[] bytes) throws Misfit {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new Misfit();
        }
    }

    private static @Nullable Object read(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> {
                Map<String, @Nullable Object> fields = new LinkedHashMap<>();
                String name;
                while ((name = parser.nextFieldName()) != null) {
                    if (!StandardCharsets.UTF_8.newEncoder().canEncode(name)) {
                        throw new IOException("half of a surrogate pair in a name");
                    }
                    parser.nextToken();
                    fields.put(name, read(parser));
                }
                yield fields;
            }
            case START_ARRAY -> {
                List<@Nullable Object> elements = new ArrayList<>();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(read(parser));
                }
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NULL -> null;
            default -> new Numeral(parser.getText());
        };
    }

    /** A JSON number as it is written. */
    private record Numeral(String text) {
        boolean isLong() {
            return text.matches("-?[0-9]+") && new BigInteger(text).bitLength() < Long.SIZE;
        }

        BigInteger integer() {
            require(text.matches("-?[0-9]+"));
            return new BigInteger(text);
        }
    }

    private static final class Misfit extends Exception {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial")
        final Optional<String> column;

        Misfit() {
            column = Optional.empty();
        }

        Misfit(Column column) {
            this.column = Optional.of(column.name());
        }
    }
}
