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
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** Reads the value of a Kafka record as a change event, whatever columns its rows have. Thread-safe. */
public final class EnvelopeReader {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    /** Such as "(1000, from `StreamReadConstraints.getMaxNestingDepth()`)", ": enable `JsonReadFeature.…` to allow". */
    private static final Pattern ADVICE = Pattern.compile(",? from `[^`]*`|: enable `[^`]*` to allow");

    private static final int LONGEST_QUOTE = 40;

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
        try {
            CharBuffer text = decodeUtf8(value);
            try (JsonParser parser = JSON.createParser(text.array(), 0, text.length())) {
                return new Decoded.Accepted(readDocument(parser, recordTimestampMillis));
            }
        } catch (Unreadable unreadable) {
            return new Decoded.Rejected(unreadable.reason);
        } catch (StreamConstraintsException tooMuch) {
            return new Decoded.Rejected("too deep or too long: " + describe(tooMuch));
        } catch (JsonProcessingException broken) {
            return new Decoded.Rejected("not JSON: " + describe(broken));
        } catch (IOException impossible) {
            throw new UncheckedIOException("reading from memory failed", impossible);
        }
    }

    /** Strict, where Jackson would guess UTF-16 and UTF-32 and would take overlong forms. */
    private static CharBuffer decodeUtf8(byte[] value) throws Unreadable {
        ByteBuffer bytes = ByteBuffer.wrap(value);
        CharBuffer text = CharBuffer.allocate(value.length);
        if (StandardCharsets.UTF_8.newDecoder().decode(bytes, text, true).isError()) {
            throw new Unreadable("not UTF-8 at byte " + bytes.position());
        }
        return text.flip();
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
            copy(parser, generator);
        }
        return new Value.Json(nested.toString());
    }

    /** Copies the array or object that the parser stands at; Jackson's own copying would rewrite 1e3 and -0. */
    private static void copy(JsonParser parser, JsonGenerator generator) throws IOException {
        int depth = 0;
        do {
            JsonToken token = parser.currentToken();
            if (token.isNumeric()) {
                generator.writeNumber(parser.getText());
            } else {
                generator.copyCurrentEvent(parser);
            }
            depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        } while (depth > 0 && parser.nextToken() != null);
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

    /** Jackson's message and the place, where it tells; without advice on how to configure Jackson. */
    private static String describe(JsonProcessingException failure) {
        String message = failure.getOriginalMessage().lines().findFirst().orElse("");
        JsonLocation location = failure.getLocation();
        return ADVICE.matcher(message).replaceAll("")
                + (location == null ? "" : " at character " + location.getCharOffset());
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_QUOTE ? text : text.substring(0, LONGEST_QUOTE) + "…";
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
                    .orElseThrow(() -> new Unreadable("\"" + Envelope.OPERATION + "\" is \"" + shortened(letter)
                            + "\", which is no known operation"));
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
