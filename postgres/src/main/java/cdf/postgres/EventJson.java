package cdf.postgres;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import org.apache.kafka.connect.data.Date;
import org.apache.kafka.connect.data.Decimal;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.data.Time;
import org.apache.kafka.connect.data.Timestamp;
import org.apache.kafka.connect.json.JsonConverter;
import org.jspecify.annotations.Nullable;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes Connect's data as Kafka Connect's JsonConverter does with {@code schemas.enable=true} and {@code
 * replace.null.with.default=false}, byte for byte. Far faster, as a schema's text is made once, and no tree of the data. Not
 * thread-safe.
 */
final class EventJson {
    /** A table that is altered, and a connector that starts again, give new schemas; the old ones are let go. */
    private static final int MOST_SCHEMAS = 1000;

    private static final int BUFFER_BYTES = 16 * 1024;

    private static final byte[] SCHEMA = ascii("{\"schema\":");
    private static final byte[] PAYLOAD = ascii(",\"payload\":");

    private final JsonFactory factory = new JsonFactory();
    private final JsonConverter converter = new JsonConverter();
    private final Map<Schema, byte[]> schemas = new IdentityHashMap<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(BUFFER_BYTES);

    EventJson() {
        converter.configure(Map.of("schemas.enable", "true", "replace.null.with.default", "false"), false);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    /** The JSON of a key or value; null for a tombstone, as for a key that is not there. */
    byte @Nullable [] write(@Nullable Schema schema, @Nullable Object value) {
        if (schema == null || value == null) {
            return null;
        }
        bytes.reset();
        try {
            bytes.write(SCHEMA);
            bytes.write(text(schema));
            bytes.write(PAYLOAD);
            try (JsonGenerator json = factory.createGenerator(bytes)) {
                write(json, schema, value);
            }
            bytes.write('}');
            return bytes.toByteArray();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
    }

    private byte[] text(Schema schema) {
        byte[] known = schemas.get(schema);
        if (known == null) {
            known = String.valueOf(converter.asJsonSchema(schema)).getBytes(StandardCharsets.UTF_8);
            if (schemas.size() >= MOST_SCHEMAS) {
                schemas.clear();
            }
            schemas.put(schema, known);
        }
        return known;
    }

    private static void write(JsonGenerator json, Schema schema, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
            return;
        }
        if (schema.name() != null && writeLogical(json, schema.name(), schema, value)) {
            return;
        }
        switch (schema.type()) {
            case INT8, INT16, INT32 -> json.writeNumber(((Number) value).intValue());
            case INT64 -> json.writeNumber(((Number) value).longValue());
            case FLOAT32 -> json.writeNumber((Float) value);
            case FLOAT64 -> json.writeNumber((Double) value);
            case BOOLEAN -> json.writeBoolean((Boolean) value);
            case STRING -> json.writeString(value.toString());
            case BYTES -> json.writeBinary(bytes(value));
            case ARRAY -> writeArray(json, schema.valueSchema(), (List<?>) value);
            case MAP -> writeMap(json, schema, (Map<?, ?>) value);
            case STRUCT -> writeStruct(json, (Struct) value);
        }
    }

    /** Connect's own logical types, which are not what their Java objects look like. */
    private static boolean writeLogical(JsonGenerator json, String name, Schema schema, Object value)
            throws IOException {
        switch (name) {
            case Decimal.LOGICAL_NAME ->
                json.writeBinary(((BigDecimal) value).unscaledValue().toByteArray());
            case Date.LOGICAL_NAME -> json.writeNumber(Date.fromLogical(schema, (java.util.Date) value));
            case Time.LOGICAL_NAME -> json.writeNumber(Time.fromLogical(schema, (java.util.Date) value));
            case Timestamp.LOGICAL_NAME -> json.writeNumber(Timestamp.fromLogical(schema, (java.util.Date) value));
            default -> {
                return false;
            }
        }
        return true;
    }

    private static byte[] bytes(Object value) {
        if (value instanceof ByteBuffer buffer) {
            byte[] copy = new byte[buffer.remaining()];
            buffer.duplicate().get(copy);
            return copy;
        }
        return (byte[]) value;
    }

    private static void writeArray(JsonGenerator json, Schema element, List<?> values) throws IOException {
        json.writeStartArray();
        for (Object value : values) {
            write(json, element, value);
        }
        json.writeEndArray();
    }

    /** An object if the keys are strings, else pairs. */
    private static void writeMap(JsonGenerator json, Schema schema, Map<?, ?> map) throws IOException {
        boolean object = schema.keySchema().type() == Schema.Type.STRING
                && !schema.keySchema().isOptional();
        if (object) {
            json.writeStartObject();
        } else {
            json.writeStartArray();
        }
        for (Map.Entry<?, ?> entry : map.entrySet()) {
            if (object) {
                json.writeFieldName(String.valueOf(entry.getKey()));
                write(json, schema.valueSchema(), entry.getValue());
            } else {
                json.writeStartArray();
                write(json, schema.keySchema(), entry.getKey());
                write(json, schema.valueSchema(), entry.getValue());
                json.writeEndArray();
            }
        }
        if (object) {
            json.writeEndObject();
        } else {
            json.writeEndArray();
        }
    }

    private static void writeStruct(JsonGenerator json, Struct struct) throws IOException {
        json.writeStartObject();
        for (Field field : struct.schema().fields()) {
            json.writeFieldName(field.name());
            // A null is a null, also where the column has a default.
            write(json, field.schema(), struct.getWithoutDefault(field.name()));
        }
        json.writeEndObject();
    }
}
