package cdf.postgres;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.io.SerializedString;
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
 * replace.null.with.default=false}, byte for byte. Faster, as a schema's text and its writers are made once, and no tree of the
 * data. Not thread-safe.
 */
final class EventJson {
    /** A table that is altered, and a connector that starts again, give new schemas; the old ones are let go. */
    private static final int MOST_SCHEMAS = 1000;

    private static final int BUFFER_BYTES = 16 * 1024;

    private final JsonFactory factory = new JsonFactory();
    private final JsonConverter converter = new JsonConverter();
    private final IdentityHashMap<Schema, Known> schemas = new IdentityHashMap<>();
    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(BUFFER_BYTES);

    /** Writes the values of one schema, which are not null. */
    @FunctionalInterface
    private interface ValueWriter {
        void write(JsonGenerator json, Object value) throws IOException;
    }

    /** What is known of a schema: all that stands before the payload, and what writes that. */
    private static final class Known {
        private final byte[] before;
        private final ValueWriter writer;

        Known(byte[] before, ValueWriter writer) {
            this.before = before;
            this.writer = writer;
        }
    }

    EventJson() {
        converter.configure(Map.of("schemas.enable", "true", "replace.null.with.default", "false"), false);
    }

    /** The JSON of a key or value; null for a tombstone, as for a key that is not there. */
    byte @Nullable [] write(@Nullable Schema schema, @Nullable Object value) {
        if (schema == null || value == null) {
            return null;
        }
        Known known = known(schema);
        bytes.reset();
        bytes.writeBytes(known.before);
        try (JsonGenerator json = factory.createGenerator(bytes)) {
            known.writer.write(json, value);
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        bytes.write('}');
        return bytes.toByteArray();
    }

    private Known known(Schema schema) {
        Known known = schemas.get(schema);
        if (known == null) {
            String before = "{\"schema\":" + converter.asJsonSchema(schema) + ",\"payload\":";
            known = new Known(before.getBytes(StandardCharsets.UTF_8), writer(schema));
            if (schemas.size() >= MOST_SCHEMAS) {
                schemas.clear();
            }
            schemas.put(schema, known);
        }
        return known;
    }

    private static ValueWriter writer(Schema schema) {
        String name = schema.name() == null ? "" : schema.name();
        // Connect's own logical types are not what their Java objects look like.
        return switch (name) {
            case Decimal.LOGICAL_NAME ->
                (json, value) ->
                        json.writeBinary(((BigDecimal) value).unscaledValue().toByteArray());
            case Date.LOGICAL_NAME ->
                (json, value) -> json.writeNumber(Date.fromLogical(schema, (java.util.Date) value));
            case Time.LOGICAL_NAME ->
                (json, value) -> json.writeNumber(Time.fromLogical(schema, (java.util.Date) value));
            case Timestamp.LOGICAL_NAME ->
                (json, value) -> json.writeNumber(Timestamp.fromLogical(schema, (java.util.Date) value));
            default -> plainWriter(schema);
        };
    }

    private static ValueWriter plainWriter(Schema schema) {
        return switch (schema.type()) {
            case INT8, INT16, INT32 -> (json, value) -> json.writeNumber(((Number) value).intValue());
            case INT64 -> (json, value) -> json.writeNumber(((Number) value).longValue());
            case FLOAT32 -> (json, value) -> json.writeNumber((Float) value);
            case FLOAT64 -> (json, value) -> json.writeNumber((Double) value);
            case BOOLEAN -> (json, value) -> json.writeBoolean((Boolean) value);
            case STRING -> (json, value) -> json.writeString(value.toString());
            case BYTES -> (json, value) -> json.writeBinary(bytes(value));
            case ARRAY -> arrayWriter(writer(schema.valueSchema()));
            case MAP -> mapWriter(schema);
            case STRUCT -> new StructWriter(schema);
        };
    }

    private static void writeOrNull(JsonGenerator json, ValueWriter writer, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
        } else {
            writer.write(json, value);
        }
    }

    private static byte[] bytes(Object value) {
        if (value instanceof ByteBuffer buffer) {
            byte[] copy = new byte[buffer.remaining()];
            buffer.duplicate().get(copy);
            return copy;
        }
        return (byte[]) value;
    }

    private static ValueWriter arrayWriter(ValueWriter element) {
        return (json, value) -> {
            json.writeStartArray();
            for (Object each : (List<?>) value) {
                writeOrNull(json, element, each);
            }
            json.writeEndArray();
        };
    }

    /** An object if the keys are strings, else pairs. */
    private static ValueWriter mapWriter(Schema schema) {
        ValueWriter keys = writer(schema.keySchema());
        ValueWriter values = writer(schema.valueSchema());
        if (schema.keySchema().type() == Schema.Type.STRING
                && !schema.keySchema().isOptional()) {
            return (json, value) -> {
                json.writeStartObject();
                for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                    json.writeFieldName(String.valueOf(entry.getKey()));
                    writeOrNull(json, values, entry.getValue());
                }
                json.writeEndObject();
            };
        }
        return (json, value) -> {
            json.writeStartArray();
            for (Map.Entry<?, ?> entry : ((Map<?, ?>) value).entrySet()) {
                json.writeStartArray();
                writeOrNull(json, keys, entry.getKey());
                writeOrNull(json, values, entry.getValue());
                json.writeEndArray();
            }
            json.writeEndArray();
        };
    }

    private static final class StructWriter implements ValueWriter {
        private final Field[] fields;
        private final SerializedString[] names;
        private final ValueWriter[] writers;

        /** By field, whether a null would be read as another value. */
        private final boolean[] defaults;

        StructWriter(Schema schema) {
            fields = schema.fields().toArray(Field[]::new);
            names = new SerializedString[fields.length];
            writers = new ValueWriter[fields.length];
            defaults = new boolean[fields.length];
            for (int index = 0; index < fields.length; index++) {
                names[index] = new SerializedString(fields[index].name());
                writers[index] = writer(fields[index].schema());
                defaults[index] = fields[index].schema().defaultValue() != null;
            }
        }

        @Override
        public void write(JsonGenerator json, Object value) throws IOException {
            Struct struct = (Struct) value;
            json.writeStartObject();
            for (int index = 0; index < fields.length; index++) {
                json.writeFieldName(names[index]);
                // A null is a null, also where the column has a default.
                Object field =
                        defaults[index] ? struct.getWithoutDefault(fields[index].name()) : struct.get(fields[index]);
                writeOrNull(json, writers[index], field);
            }
            json.writeEndObject();
        }
    }
}
