package cdf.change;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Optional;

/**
 * The schema that a wrapped document begins with.
 *
 * @param payloadFrom where what it wraps begins: all documents of the schema have the same bytes before it
 */
record WrappedSchema(ConnectSchema schema, int payloadFrom) {
    private static final JsonFactory JSON = new JsonFactory();

    /** Empty if there is none, as Kafka Connect's {@code JsonConverter} writes it. */
    static Optional<WrappedSchema> read(byte @Nullable [] document) {
        if (document == null || document.length == 0 || document[0] != '{') {
            return Optional.empty();
        }
        try (JsonParser parser = JSON.createParser(document)) {
            parser.nextToken();
            if (!Envelope.SCHEMA.equals(parser.nextFieldName()) || parser.nextToken() != JsonToken.START_OBJECT) {
                return Optional.empty();
            }
            ConnectSchema schema = ConnectSchema.readObject(parser);
            if (!Envelope.PAYLOAD.equals(parser.nextFieldName())) {
                return Optional.empty();
            }
            parser.nextToken();
            return Optional.of(new WrappedSchema(
                    schema, Math.toIntExact(parser.currentTokenLocation().getByteOffset())));
        } catch (IOException noJson) {
            return Optional.empty();
        }
    }
}
