package cdf.change;

import cdf.change.ColumnType.Kind;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the {@code schema} of a wrapped event or key says of a value, as Kafka Connect's {@code JsonConverter} writes it.
 * What is not there or of another kind is read as if it said nothing.
 *
 * @param field the field of the struct around it, empty for the outermost
 * @param type Connect's type, such as {@code int64}
 * @param name what the value means, such as {@code io.debezium.time.MicroTimestamp}; empty if nothing special
 * @param scale of a {@code Decimal}, the digits after the point
 * @param precision of a {@code Decimal}, all its digits, where Debezium tells
 * @param fields of a struct
 */
record ConnectSchema(
        String field,
        String type,
        String name,
        Optional<Integer> scale,
        Optional<Integer> precision,
        List<ConnectSchema> fields) {
    static final String DECIMAL = "org.apache.kafka.connect.data.Decimal";

    /** A struct of {@code scale} and {@code value}, the base64 of an unscaled value: a number of any size. */
    static final String VARIABLE_SCALE_DECIMAL = "io.debezium.data.VariableScaleDecimal";

    /** Says nothing: the column alone tells how its values are written. */
    static final ConnectSchema UNKNOWN = new ConnectSchema("", "", "", Optional.empty(), Optional.empty(), List.of());

    private static final String CONNECT = "org.apache.kafka.connect.data.";
    private static final String DEBEZIUM = "io.debezium.time.";

    private static final JsonFactory JSON = new JsonFactory();

    /** Beyond any database's; it bounds the numbers that come of it. */
    private static final int MAX_SCALE = 1_000;

    static ConnectSchema read(byte[] json, int from, int to) throws Rejection {
        try (JsonParser parser = JSON.createParser(json, from, to - from)) {
            return parser.nextToken() == JsonToken.START_OBJECT ? readObject(parser) : UNKNOWN;
        } catch (IOException unreadable) {
            throw new Rejection(
                    "\"" + Envelope.SCHEMA + "\" is no schema: it has a name, number or text too long to read");
        }
    }

    /** The schema of a struct's field; {@link #UNKNOWN} if it says nothing of it. */
    ConnectSchema of(String fieldName) {
        return fields.stream()
                .filter(candidate -> candidate.field.equals(fieldName))
                .findFirst()
                .orElse(UNKNOWN);
    }

    /** The schema of a row's column, or of the value itself where it is no struct. */
    ConnectSchema ofColumn(String column) {
        return fields.isEmpty() && !type.equals("struct") ? this : of(column);
    }

    /** Whether values are more than one: they are kept as JSON. */
    boolean isNested() {
        return switch (type) {
            case "array", "map", "struct" -> !name.equals(VARIABLE_SCALE_DECIMAL);
            default -> false;
        };
    }

    /** The type of a column that takes every value exactly; empty if the schema does not say enough. */
    Optional<ColumnType> columnType() {
        return switch (name) {
            case DECIMAL -> Optional.of(decimalType());
            case DEBEZIUM + "Date", DEBEZIUM + "IsoDate", CONNECT + "Date" -> Optional.of(ColumnType.DATE);
            case DEBEZIUM + "Timestamp",
                    DEBEZIUM + "MicroTimestamp",
                    DEBEZIUM + "NanoTimestamp",
                    DEBEZIUM + "ZonedTimestamp",
                    DEBEZIUM + "IsoTimestamp",
                    CONNECT + "Timestamp" -> Optional.of(ColumnType.TIMESTAMP);
            case DEBEZIUM + "Time", CONNECT + "Time" -> Optional.of(ColumnType.BIGINT);
            default -> plainType();
        };
    }

    private Optional<ColumnType> plainType() {
        return switch (type) {
            case "boolean" -> Optional.of(ColumnType.BOOLEAN);
            case "int8", "int16", "int32" -> Optional.of(ColumnType.INT);
            case "int64" -> Optional.of(ColumnType.BIGINT);
            case "float", "double" -> Optional.of(ColumnType.DOUBLE);
            case "bytes" -> Optional.of(ColumnType.BINARY);
            case "string", "array", "map", "struct" -> Optional.of(ColumnType.STRING);
            default -> Optional.empty();
        };
    }

    /** A DECIMAL; text where there is none of so many digits. */
    private ColumnType decimalType() {
        int after = Math.max(0, scale.orElse(0));
        int before = precision.orElse(ColumnType.MAX_PRECISION) - scale.orElse(0);
        int digits = precision.isEmpty() ? ColumnType.MAX_PRECISION : Math.max(1, Math.max(0, before) + after);
        return digits <= ColumnType.MAX_PRECISION && after <= digits
                ? new ColumnType(Kind.DECIMAL, digits, after)
                : ColumnType.STRING;
    }

    /** Reads the object that the parser stands at the start of. */
    static ConnectSchema readObject(JsonParser parser) throws IOException {
        String field = "";
        String type = "";
        String name = "";
        Map<String, Integer> parameters = Map.of();
        List<ConnectSchema> fields = List.of();
        String attribute;
        while ((attribute = parser.nextFieldName()) != null) {
            parser.nextToken();
            switch (attribute) {
                case "field" -> field = parser.getValueAsString("");
                case "type" -> type = parser.getValueAsString("");
                case "name" -> name = parser.getValueAsString("");
                case "parameters" -> parameters = readParameters(parser);
                case "fields" -> fields = readFields(parser);
                default -> {}
            }
            parser.skipChildren();
        }
        return new ConnectSchema(
                field,
                type,
                name,
                Optional.ofNullable(parameters.get("scale")),
                Optional.ofNullable(parameters.get("connect.decimal.precision")),
                fields);
    }

    private static List<ConnectSchema> readFields(JsonParser parser) throws IOException {
        List<ConnectSchema> fields = new ArrayList<>();
        if (parser.currentToken() == JsonToken.START_ARRAY) {
            while (parser.nextToken() != JsonToken.END_ARRAY) {
                if (parser.currentToken() == JsonToken.START_OBJECT) {
                    fields.add(readObject(parser));
                }
                parser.skipChildren();
            }
        }
        return List.copyOf(fields);
    }

    /** The parameters that are numbers such as a scale can be. */
    private static Map<String, Integer> readParameters(JsonParser parser) throws IOException {
        Map<String, Integer> parameters = new HashMap<>();
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            String parameter;
            while ((parameter = parser.nextFieldName()) != null) {
                parser.nextToken();
                @Nullable String number = parser.getValueAsString();
                if (number != null && number.matches("-?\\d{1,4}") && Math.abs(Integer.parseInt(number)) <= MAX_SCALE) {
                    parameters.put(parameter, Integer.parseInt(number));
                }
                parser.skipChildren();
            }
        }
        return parameters;
    }
}
