package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.ColumnType.Kind;
import cdf.change.Envelope;
import cdf.change.Operation;
import cdf.change.TableSchema;
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
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * Decodes events the plain way: Jackson, maps, BigDecimal and java.time. It has nothing in common with the decoder that
 * the table is made with, {@link cdf.change.EventDecoder}, whose Javadoc says how values are written; each is the test of
 * the other.
 *
 * <p>A row is a list with a value for each column, in the order of the schema: String, Boolean, Integer (INT, and DATE in
 * days since 1970-01-01), Long (BIGINT, and TIMESTAMP in microseconds since 1970-01-01T00:00Z), Double, BigDecimal with the
 * column's scale, the hexadecimal digits of a BINARY, or null. A key is the value of the key's column, or the list of them.
 *
 * <p>Thread-safe.
 */
final class PlainDecoder {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
    private static final Pattern TIMESTAMP =
            Pattern.compile("[-+]?[0-9]+-[0-9-]+T[0-9:]+(:[0-9]+(\\.[0-9]+)?)?(Z|[-+][0-9]+:[0-9:]+)");
    /** What stands for a value that an update left as it was and that the event does not have. */
    private static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final String UNAVAILABLE_BYTES =
            HexFormat.of().formatHex(UNAVAILABLE.getBytes(StandardCharsets.US_ASCII));

    private static final Set<Object> NESTED_UNAVAILABLE = Set.of(
            "[\"" + UNAVAILABLE + "\"]",
            "{\"" + UNAVAILABLE + "\":\"" + UNAVAILABLE + "\"}",
            "[\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"]",
            "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
            "[\"" + UUID.nameUUIDFromBytes(UNAVAILABLE.getBytes(StandardCharsets.US_ASCII)) + "\"]");

    private static final int MAX_YEAR = 290_000;
    private static final int MAX_DIGITS = 1_000;
    private static final int LONG_DIGITS = 18;
    private static final int MAX_TEXT_SCALE = 16_384;
    private static final int MAX_TEXT_BYTES = 65_536;

    private final TableSchema schema;
    private final Map<String, Integer> columns = new HashMap<>();
    private final Map<String, Integer> keyColumns = new HashMap<>();
    private final String @Nullable [] sequencePath;

    /** @param sequenceBy where the envelope has the number that orders changes, such as {@code source.lsn} */
    PlainDecoder(TableSchema schema, Optional<String> sequenceBy) {
        this.schema = schema;
        for (int column = 0; column < schema.columns().size(); column++) {
            columns.put(schema.columns().get(column).name(), column);
        }
        schema.key()
                .forEach(column -> keyColumns.put(schema.columns().get(column).name(), column));
        sequencePath = sequenceBy.map(path -> path.split("\\.", -1)).orElse(null);
    }

    PlainEvent decode(byte @Nullable [] key, byte @Nullable [] value) {
        if (value == null) {
            return new PlainEvent.Nothing();
        }
        try {
            return decodeEnvelope(key, checked(object(parse(value))));
        } catch (Misfit misfit) {
            return new PlainEvent.Unreadable(misfit.column);
        }
    }

    /** A row that a JSON object has as the values of its fields; empty if it is none. */
    Optional<List<@Nullable Object>> row(String json) {
        try {
            List<@Nullable Object> row = row(object(parse(json)), Map.of(), columns);
            return hasKey(row) ? Optional.of(row) : Optional.empty();
        } catch (Misfit misfit) {
            return Optional.empty();
        }
    }

    /** The number of the transaction that made the change, as Debezium's {@code source.txId} has it; empty if it does not. */
    OptionalLong transaction(byte @Nullable [] value) {
        return envelope(value).map(PlainDecoder::transaction).orElseGet(OptionalLong::empty);
    }

    private static OptionalLong transaction(Map<?, ?> envelope) {
        return envelope.get("source") instanceof Map<?, ?> source
                        && source.get("txId") instanceof Numeral number
                        && number.isLong()
                ? OptionalLong.of(number.longValue())
                : OptionalLong.empty();
    }

    /** Whether a snapshot of the source has what a record tells of; what was read from the source is older than any. */
    static boolean isIn(SourceSnapshot snapshot, byte @Nullable [] value) {
        return envelope(value)
                .filter(envelope -> !Operation.READ.letter().equals(envelope.get(Envelope.OPERATION)))
                .map(PlainDecoder::transaction)
                .stream()
                .flatMapToLong(OptionalLong::stream)
                .allMatch(snapshot::includes);
    }

    private static Optional<Map<?, ?>> envelope(byte @Nullable [] value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            return object(utf8(value))
                    .map(fields -> fields.get(Envelope.PAYLOAD) instanceof Map<?, ?> payload ? payload : fields);
        } catch (Misfit notText) {
            return Optional.empty();
        }
    }

    /** A JSON object's fields; empty if it is none. */
    static Optional<Map<?, ?>> object(String json) {
        try {
            return Optional.of(object(parse(json)));
        } catch (Misfit misfit) {
            return Optional.empty();
        }
    }

    /** The key of a row that has one. */
    Object key(List<@Nullable Object> row) {
        if (schema.key().size() == 1) {
            return Objects.requireNonNull(row.get(schema.key().get(0)));
        }
        List<Object> key = new ArrayList<>(schema.key().size());
        schema.key().forEach(column -> key.add(Objects.requireNonNull(row.get(column))));
        return key;
    }

    String columnName(int column) {
        return schema.columns().get(column).name();
    }

    private PlainEvent decodeEnvelope(byte @Nullable [] key, Map<?, ?> fields) throws Misfit {
        Map<?, ?> envelope = fields;
        Map<?, ?> rowSchema = Map.of();
        if (fields.get(Envelope.OPERATION) == null && fields.get(Envelope.PAYLOAD) instanceof Map<?, ?> payload) {
            envelope = checked(payload);
            rowSchema = field(fields.get(Envelope.SCHEMA), Envelope.AFTER);
        }
        if (!(envelope.get(Envelope.OPERATION) instanceof String letter)) {
            throw new Misfit();
        }
        Operation operation = Operation.ofLetter(letter).orElseThrow(Misfit::new);
        boolean ofConnector = (envelope != fields && fields.get(Envelope.SCHEMA) instanceof Map<?, ?>)
                || envelope.get("source") instanceof Map<?, ?>;
        return switch (operation) {
            case CREATE, READ, UPDATE -> upserted(operation, envelope, rowSchema, ofConnector);
            case DELETE -> new PlainEvent.Deleted(keyOfDeleted(key, envelope, rowSchema), sequence(envelope));
            case TRUNCATE -> new PlainEvent.Truncated();
            case MESSAGE -> new PlainEvent.Nothing();
        };
    }

    private PlainEvent upserted(Operation operation, Map<?, ?> envelope, Map<?, ?> rowSchema, boolean ofConnector)
            throws Misfit {
        List<@Nullable Object> after = row(object(envelope.get(Envelope.AFTER)), rowSchema, columns);
        requireKey(after);
        long sequence = sequence(envelope);
        if (operation == Operation.UPDATE && envelope.get(Envelope.BEFORE) instanceof Map<?, ?> before) {
            requireSameKey(row(before, rowSchema, keyColumns), after);
        }
        List<Integer> unavailable = new ArrayList<>();
        if (operation != Operation.READ && ofConnector) {
            for (int column = 0; column < after.size(); column++) {
                Object value = after.get(column);
                if (value != null
                        && !schema.key().contains(column)
                        && isUnavailable(schema.columns().get(column).type().kind(), value)) {
                    unavailable.add(column);
                    after.set(column, null);
                }
            }
        }
        return new PlainEvent.Upserted(key(after), after, unavailable, sequence);
    }

    private static boolean isUnavailable(Kind kind, Object value) {
        return switch (kind) {
            case STRING -> value.equals(UNAVAILABLE) || NESTED_UNAVAILABLE.contains(value);
            case BINARY -> value.equals(UNAVAILABLE_BYTES);
            case BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL, DATE, TIMESTAMP -> false;
        };
    }

    private Object keyOfDeleted(byte @Nullable [] key, Map<?, ?> envelope, Map<?, ?> rowSchema) throws Misfit {
        if (envelope.get(Envelope.BEFORE) instanceof Map<?, ?> before) {
            List<@Nullable Object> row = row(before, rowSchema, keyColumns);
            if (hasKey(row)) {
                return key(row);
            }
        }
        return key(recordKey(key));
    }

    private long sequence(Map<?, ?> envelope) throws Misfit {
        if (sequencePath == null) {
            return 0;
        }
        Object found = envelope;
        for (String name : sequencePath) {
            found = found instanceof Map<?, ?> fields ? fields.get(name) : null;
        }
        if (found instanceof Numeral number && number.isLong() && number.longValue() >= 0) {
            return number.longValue();
        }
        throw new Misfit();
    }

    private static Map<?, ?> checked(Map<?, ?> fields) throws Misfit {
        Object operation = fields.get(Envelope.OPERATION);
        Object timestamp = fields.get(Envelope.TIMESTAMP);
        boolean sound = (operation == null
                        || (operation instanceof String letter
                                && Operation.ofLetter(letter).isPresent()))
                && (timestamp == null || (timestamp instanceof Numeral number && number.isLong()))
                && isRowOrNull(fields.get(Envelope.BEFORE))
                && isRowOrNull(fields.get(Envelope.AFTER));
        if (!sound) {
            throw new Misfit();
        }
        return fields;
    }

    private static boolean isRowOrNull(@Nullable Object json) {
        return json == null || json instanceof Map;
    }

    /** Reads the columns that are wanted; of those that do not fit the first in the order of the fields is at fault. */
    private List<@Nullable Object> row(Map<?, ?> fields, Map<?, ?> rowSchema, Map<String, Integer> wanted)
            throws Misfit {
        @Nullable Object[] row = new @Nullable Object[columns.size()];
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            Object json = field.getValue();
            Integer column = json == null ? null : wanted.get(field.getKey());
            if (column != null && json != null) {
                Column target = schema.columns().get(column);
                row[column] = value(target, json, field(rowSchema, target.name()));
            }
        }
        return Arrays.asList(row);
    }

    private boolean hasKey(List<@Nullable Object> row) {
        return schema.key().stream().allMatch(column -> row.get(column) != null);
    }

    private void requireKey(List<@Nullable Object> row) throws Misfit {
        for (int column : schema.key()) {
            if (row.get(column) == null) {
                throw new Misfit(schema.columns().get(column));
            }
        }
    }

    private void requireSameKey(List<@Nullable Object> before, List<@Nullable Object> after) throws Misfit {
        if (!hasKey(before)) {
            return;
        }
        for (int column : schema.key()) {
            if (!Objects.equals(before.get(column), after.get(column))) {
                throw new Misfit(schema.columns().get(column));
            }
        }
    }

    private List<@Nullable Object> recordKey(byte @Nullable [] key) throws Misfit {
        if (key == null) {
            throw new Misfit();
        }
        boolean isText = schema.key().size() == 1 && onlyKeyColumn().type().kind() == Kind.STRING;
        Object json;
        try {
            json = parse(utf8(key));
        } catch (Misfit notJson) {
            if (!isText) {
                throw notJson;
            }
            return keyAlone(utf8(key));
        }
        if (isText && !(json instanceof Map) && !(json instanceof String)) {
            return keyAlone(utf8(key));
        }
        List<@Nullable Object> row = json instanceof Map<?, ?> fields ? keyRow(fields) : keyValue(json, Map.of());
        requireKey(row);
        return row;
    }

    private Column onlyKeyColumn() {
        return schema.columns().get(schema.key().get(0));
    }

    private List<@Nullable Object> keyAlone(@Nullable Object value) {
        @Nullable Object[] row = new @Nullable Object[columns.size()];
        row[schema.key().get(0)] = value;
        return Arrays.asList(row);
    }

    private List<@Nullable Object> keyRow(Map<?, ?> fields) throws Misfit {
        List<@Nullable Object> bare = keyAlone(null);
        Optional<Misfit> misfit = Optional.empty();
        try {
            bare = row(fields, Map.of(), keyColumns);
        } catch (Misfit bareMisfit) {
            misfit = Optional.of(bareMisfit);
        }
        if (misfit.isEmpty() && hasKey(bare)) {
            return bare;
        }
        if (fields.containsKey(Envelope.PAYLOAD)) {
            Map<?, ?> keySchema = fields.get(Envelope.SCHEMA) instanceof Map<?, ?> map ? map : Map.of();
            return fields.get(Envelope.PAYLOAD) instanceof Map<?, ?> payload
                    ? row(payload, keySchema, keyColumns)
                    : keyValue(fields.get(Envelope.PAYLOAD), keySchema);
        }
        if (misfit.isPresent()) {
            throw misfit.get();
        }
        return bare;
    }

    private List<@Nullable Object> keyValue(@Nullable Object json, Map<?, ?> valueSchema) throws Misfit {
        if (schema.key().size() > 1) {
            throw new Misfit();
        }
        return keyAlone(json == null ? null : value(onlyKeyColumn(), json, valueSchema));
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
            case STRING -> text(json, valueSchema);
            case BOOLEAN -> (Boolean) json;
            case INT -> ((Numeral) json).integer().intValueExact();
            case BIGINT -> ((Numeral) json).longValue();
            case DOUBLE -> doubleValue(json);
            case DECIMAL -> decimal(type, json, valueSchema);
            case DATE -> date(json, name(valueSchema));
            case TIMESTAMP -> timestamp(type, json, name(valueSchema));
            case BINARY -> HexFormat.of().formatHex(base64((String) json));
        };
    }

    private static String text(Object json, Map<?, ?> valueSchema) {
        String type = valueSchema.get("type") instanceof String named ? named : "";
        switch (name(valueSchema)) {
            case "org.apache.kafka.connect.data.Decimal" -> {
                return json instanceof Numeral number ? number.text : plainDigits((String) json, scale(0, valueSchema));
            }
            case "io.debezium.data.VariableScaleDecimal" -> {
                Map<?, ?> decimal = (Map<?, ?>) json;
                if (!(decimal.get("scale") instanceof Numeral number)
                        || !(decimal.get("value") instanceof String unscaled)) {
                    throw new IllegalArgumentException();
                }
                int scale = number.integer().intValueExact();
                require(Math.abs((long) scale) <= MAX_TEXT_SCALE);
                return plainDigits(unscaled, scale);
            }
            default -> {
                if (type.equals("array") || type.equals("map") || type.equals("struct")) {
                    return compact(((Nested) json).text());
                }
                String text = (String) json;
                require(isWhole(text));
                return text;
            }
        }
    }

    private static String plainDigits(String unscaled, int scale) {
        byte[] bytes = base64(unscaled);
        require(bytes.length <= MAX_TEXT_BYTES);
        return new BigDecimal(new BigInteger(bytes), scale).toPlainString();
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
            require(DECIMAL.matcher((String) json).matches());
            value = new BigDecimal((String) json);
        } else {
            value = new BigDecimal(new BigInteger(base64((String) json)), scale(type.scale(), valueSchema));
        }
        require(value.signum() == 0 || Math.abs((long) value.precision() - value.scale()) < MAX_DIGITS);
        BigDecimal scaled = value.setScale(type.scale(), RoundingMode.UNNECESSARY);
        require(scaled.precision() <= type.precision());
        return scaled;
    }

    /** The scale of a value in bytes: what the schema says, or else another. */
    private static int scale(int otherwise, Map<?, ?> valueSchema) {
        return valueSchema.get("parameters") instanceof Map<?, ?> parameters
                        && parameters.get("scale") instanceof String scale
                        && scale.matches("-?\\d{1,3}")
                ? Integer.parseInt(scale)
                : otherwise;
    }

    private static String name(Map<?, ?> valueSchema) {
        return valueSchema.get("name") instanceof String name ? name : "";
    }

    private static int date(Object json, String name) {
        require(
                switch (name) {
                    case "",
                            "io.debezium.time.Date",
                            "io.debezium.time.IsoDate",
                            "org.apache.kafka.connect.data.Date" -> true;
                    default -> false;
                });
        if (json instanceof Numeral days) {
            return days.integer().intValueExact();
        }
        LocalDate date = LocalDate.parse((String) json);
        require(Math.abs(date.getYear()) <= MAX_YEAR);
        return Math.toIntExact(date.toEpochDay());
    }

    private static long timestamp(ColumnType type, Object json, String name) {
        int toMicros =
                switch (name) {
                    case "", "io.debezium.time.ZonedTimestamp", "io.debezium.time.IsoTimestamp" -> 6 - type.precision();
                    case "io.debezium.time.Timestamp", "org.apache.kafka.connect.data.Timestamp" -> 3;
                    case "io.debezium.time.MicroTimestamp" -> 0;
                    case "io.debezium.time.NanoTimestamp" -> -3;
                    default -> throw new IllegalArgumentException();
                };
        if (json instanceof Numeral number) {
            return BigDecimal.valueOf(number.longValue())
                    .scaleByPowerOfTen(toMicros)
                    .longValueExact();
        }
        String text = (String) json;
        require(TIMESTAMP.matcher(text).matches());
        OffsetDateTime time = OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME);
        require(Math.abs(time.getYear()) <= MAX_YEAR && time.getNano() % 1_000 == 0);
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
        return parse(utf8(bytes));
    }

    private static @Nullable Object parse(String text) throws Misfit {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new Misfit();
            }
            Object json = read(parser, text);
            if (parser.nextToken() != null) {
                throw new Misfit();
            }
            return json;
        } catch (IOException notJson) {
            throw new Misfit();
        }
    }

    /** Bytes as text; the strict way only where the quick one had something to replace. */
    private static String utf8(byte[] bytes) throws Misfit {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') < 0) {
            return text;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new Misfit();
        }
    }

    /** Whether there is no half of a surrogate pair in a text: JSON's escapes can say one. */
    private static boolean isWhole(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                return StandardCharsets.UTF_8.newEncoder().canEncode(text);
            }
        }
        return true;
    }

    private static @Nullable Object read(JsonParser parser, String document) throws IOException {
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> {
                int from = (int) parser.currentTokenLocation().getCharOffset();
                JsonObject fields = new JsonObject();
                String name;
                while ((name = parser.nextFieldName()) != null) {
                    if (!isWhole(name)) {
                        throw new IOException("half of a surrogate pair in a name");
                    }
                    parser.nextToken();
                    fields.put(name, read(parser, document));
                }
                fields.text = textUpTo(parser, document, from);
                yield fields;
            }
            case START_ARRAY -> {
                int from = (int) parser.currentTokenLocation().getCharOffset();
                JsonArray elements = new JsonArray();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(read(parser, document));
                }
                elements.text = textUpTo(parser, document, from);
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NULL -> null;
            default -> new Numeral(parser.getText(), token == JsonToken.VALUE_NUMBER_INT);
        };
    }

    private static CharSequence textUpTo(JsonParser parser, String document, int from) {
        return CharBuffer.wrap(document, from, (int) parser.currentLocation().getCharOffset());
    }

    /** An array or an object, which also knows its text. */
    private interface Nested {
        CharSequence text();
    }

    private static final class JsonObject extends LinkedHashMap<String, @Nullable Object> implements Nested {
        private static final long serialVersionUID = 1L;

        private transient CharSequence text = "";

        @Override
        public CharSequence text() {
            return text;
        }
    }

    private static final class JsonArray extends ArrayList<@Nullable Object> implements Nested {
        private static final long serialVersionUID = 1L;

        private transient CharSequence text = "";

        @Override
        public CharSequence text() {
            return text;
        }
    }

    /** JSON without the white space between its tokens. */
    private static String compact(CharSequence json) {
        StringBuilder compact = new StringBuilder(json.length());
        boolean quoted = false;
        boolean escape = false;
        for (int at = 0; at < json.length(); at++) {
            char letter = json.charAt(at);
            quoted ^= letter == '"' && !escape;
            escape = letter == '\\' && !escape;
            if (quoted || !Character.isWhitespace(letter)) {
                compact.append(letter);
            }
        }
        return compact.toString();
    }

    /** A JSON number as it is written. */
    private record Numeral(String text, boolean isInteger) {
        boolean isLong() {
            return isInteger && (text.length() <= LONG_DIGITS || new BigInteger(text).bitLength() < Long.SIZE);
        }

        BigInteger integer() {
            require(isInteger);
            return new BigInteger(text);
        }

        long longValue() {
            return isInteger && text.length() <= LONG_DIGITS
                    ? Long.parseLong(text)
                    : integer().longValueExact();
        }
    }

    /** Ends the reading of an event; ordinary, so without a stack trace. */
    private static final class Misfit extends Exception {
        private static final long serialVersionUID = 1L;

        @SuppressWarnings("serial") // never serialized
        final Optional<String> column;

        Misfit() {
            this(Optional.empty());
        }

        Misfit(Column column) {
            this(Optional.of(column.name()));
        }

        private Misfit(Optional<String> column) {
            super("", null, false, false);
            this.column = column;
        }
    }
}
