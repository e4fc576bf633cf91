package cdf.change;

import cdf.change.ChangeEvent.LogicalMessage;
import cdf.change.ChangeEvent.RowCreated;
import cdf.change.ChangeEvent.RowDeleted;
import cdf.change.ChangeEvent.RowRead;
import cdf.change.ChangeEvent.RowUpdated;
import cdf.change.ChangeEvent.TableTruncated;
import cdf.change.ChangeEvent.Tombstone;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Reads the value of a Kafka record as a change event, whatever columns its rows have. Thread-safe. */
public final class EnvelopeReader {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /**
     * Reads one record's value.
     *
     * @param value the value's bytes, null for a tombstone
     * @param recordTimestampMillis the Kafka record's timestamp, for an event that does not carry its own
     */
    public Decoded read(byte @Nullable [] value, long recordTimestampMillis) {
        if (value == null) {
            return new Decoded.Accepted(new Tombstone(recordTimestampMillis));
        }
        if (value.length == 0) {
            return new Decoded.Rejected("empty value");
        }
        try (JsonParser parser = JSON.createParser(value)) {
            return new Decoded.Accepted(readDocument(parser, recordTimestampMillis));
        } catch (Unreadable unreadable) {
            return new Decoded.Rejected(unreadable.reason);
        } catch (JsonProcessingException broken) {
            return new Decoded.Rejected("not JSON: " + firstLine(broken.getOriginalMessage()) + " at byte "
                    + Math.max(0, broken.getLocation().getByteOffset()));
        } catch (IOException impossible) {
            throw new UncheckedIOException("reading from memory failed", impossible);
        }
    }

    private static ChangeEvent readDocument(JsonParser parser, long recordTimestampMillis)
            throws IOException, Unreadable {
        if (parser.nextToken() != JsonToken.START_OBJECT) {
            throw new Unreadable("not a JSON object but " + describe(parser.currentToken()));
        }
        Fields fields = readFields(parser);
        if (parser.nextToken() != null) {
            throw new Unreadable("more than one JSON value");
        }
        return fields.toEvent(recordTimestampMillis);
    }

    /** Reads the object that the parser stands at the start of; leaves the parser at its end. */
    private static Fields readFields(JsonParser parser) throws IOException, Unreadable {
        Fields fields = new Fields();
        String name;
        while ((name = parser.nextFieldName()) != null) {
            JsonToken token = parser.nextToken();
            switch (name) {
                case Envelope.OPERATION -> fields.operation = readText(parser, name);
                case Envelope.TIMESTAMP -> fields.timestampMillis = readTimestamp(parser);
                case Envelope.BEFORE -> fields.before = readRow(parser, name);
                case Envelope.AFTER -> fields.after = readRow(parser, name);
                case Envelope.PAYLOAD -> {
                    if (token == JsonToken.START_OBJECT) {
                        fields.payload = readFields(parser);
                    } else {
                        parser.skipChildren();
                    }
                }
                default -> parser.skipChildren();
            }
        }
        return fields;
    }

    private static @Nullable String readText(JsonParser parser, String field) throws IOException, Unreadable {
        return switch (parser.currentToken()) {
            case VALUE_NULL -> null;
            case VALUE_STRING -> parser.getText();
            default -> throw new Unreadable("\"" + field + "\" is not text but " + describe(parser.currentToken()));
        };
    }

    private static @Nullable Long readTimestamp(JsonParser parser) throws IOException, Unreadable {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        if (token != JsonToken.VALUE_NUMBER_INT || parser.getNumberType() == JsonParser.NumberType.BIG_INTEGER) {
            throw new Unreadable("\"" + Envelope.TIMESTAMP + "\" is not a number of milliseconds");
        }
        return parser.getLongValue();
    }

    private static @Nullable Row readRow(JsonParser parser, String field) throws IOException, Unreadable {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_NULL) {
            return null;
        }
        if (token != JsonToken.START_OBJECT) {
            throw new Unreadable("\"" + field + "\" is not a row but " + describe(token));
        }
        Map<String, Value> columns = new LinkedHashMap<>();
        String column;
        while ((column = parser.nextFieldName()) != null) {
            parser.nextToken();
            columns.put(column, readValue(parser));
        }
        return new Row(columns);
    }

    private static Value readValue(JsonParser parser) throws IOException {
        JsonToken token = parser.currentToken();
        if (token == JsonToken.VALUE_STRING) {
            return new Value.Text(parser.getText());
        }
        if (token == JsonToken.VALUE_NULL) {
            return new Value.Null();
        }
        if (token.isScalarValue()) {
            return new Value.Json(parser.getText());
        }
        StringWriter nested = new StringWriter();
        try (JsonGenerator generator = JSON.createGenerator(nested)) {
            generator.copyCurrentStructureExact(parser);
        }
        return new Value.Json(nested.toString());
    }

    private static String describe(@Nullable JsonToken token) {
        if (token == null) {
            return "nothing";
        }
        return switch (token) {
            case START_ARRAY -> "an array";
            case START_OBJECT -> "an object";
            case VALUE_STRING -> "text";
            case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> "a number";
            default -> token.asString() == null ? token.name().toLowerCase(Locale.ROOT) : token.asString();
        };
    }

    private static String firstLine(String message) {
        return message.lines().findFirst().orElse("").strip();
    }

    /** The fields of an envelope as far as they were there. */
    private static final class Fields {
        @Nullable
        String operation;

        @Nullable
        Long timestampMillis;

        @Nullable
        Row before;

        @Nullable
        Row after;

        @Nullable
        Fields payload;

        ChangeEvent toEvent(long recordTimestampMillis) throws Unreadable {
            if (operation == null && payload != null) {
                return payload.toEvent(recordTimestampMillis);
            }
            if (operation == null) {
                throw new Unreadable("\"" + Envelope.OPERATION + "\" is missing");
            }
            String letter = operation;
            Operation kind = Operation.ofLetter(letter)
                    .orElseThrow(() -> new Unreadable(
                            "\"" + Envelope.OPERATION + "\" is \"" + letter + "\", which is no known operation"));
            long at = timestampMillis == null ? recordTimestampMillis : timestampMillis;
            return switch (kind) {
                case CREATE -> new RowCreated(at, requireAfter(letter));
                case READ -> new RowRead(at, requireAfter(letter));
                case UPDATE -> new RowUpdated(at, Optional.ofNullable(before), requireAfter(letter));
                case DELETE -> new RowDeleted(at, Optional.ofNullable(before));
                case TRUNCATE -> new TableTruncated(at);
                case MESSAGE -> new LogicalMessage(at);
            };
        }

        private Row requireAfter(String letter) throws Unreadable {
            if (after == null) {
                throw new Unreadable("\"" + Envelope.AFTER + "\" is missing, but \"" + Envelope.OPERATION + "\" is \""
                        + letter + "\"");
            }
            return after;
        }
    }

    /** Ends the reading of one value; carries the reason and, being ordinary, no stack trace. */
    private static final class Unreadable extends Exception {
        private static final long serialVersionUID = 1L;

        final String reason;

        Unreadable(String reason) {
            super(reason, null, false, false);
            this.reason = reason;
        }
    }
}
