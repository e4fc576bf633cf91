package cdf.change;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the {@code schema} of a wrapped event or key says of a value, as Kafka Connect's {@code JsonConverter} writes it.
 * What is not there or of another kind is read as if it said nothing.
 *
 * @param field the field of the struct around it, empty for the outermost
 * @param type Connect's type, such as {@code int64}
 * @param name what the value means, such as {@code io.debezium.time.MicroTimestamp}; empty if nothing special
 * @param scale of a {@code Decimal}, the digits after the point
 * @param fields of a struct
 */
record ConnectSchema(String field, String type, String name, Optional<Integer> scale, List<ConnectSchema> fields) {
    /** Says nothing: the column alone tells how its values are written. */
    static final ConnectSchema UNKNOWN = new ConnectSchema("", "", "", Optional.empty(), List.of());

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
        return fields.isEmpty() ? this : of(column);
    }

    private static ConnectSchema readObject(JsonParser parser) throws IOException {
        String field = "";
        String type = "";
        String name = "";
        Optional<Integer> scale = Optional.empty();
        List<ConnectSchema> fields = List.of();
        String attribute;
        while ((attribute = parser.nextFieldName()) != null) {
            parser.nextToken();
            switch (attribute) {
                case "field" -> field = parser.getValueAsString("");
                case "type" -> type = parser.getValueAsString("");
                case "name" -> name = parser.getValueAsString("");
                case "parameters" -> scale = readScale(parser);
                case "fields" -> fields = readFields(parser);
                default -> {}
            }
            parser.skipChildren();
        }
        return new ConnectSchema(field, type, name, scale, fields);
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

    private static Optional<Integer> readScale(JsonParser parser) throws IOException {
        @Nullable String scale = null;
        if (parser.currentToken() == JsonToken.START_OBJECT) {
            String parameter;
            while ((parameter = parser.nextFieldName()) != null) {
                parser.nextToken();
                if (parameter.equals("scale")) {
                    scale = parser.getValueAsString();
                }
                parser.skipChildren();
            }
        }
        return scale != null && scale.matches("-?\\d{1,4}") && Math.abs(Integer.parseInt(scale)) <= MAX_SCALE
                ? Optional.of(Integer.parseInt(scale))
                : Optional.empty();
    }
}
