package cdf.change;

import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;

/**
 * A column's value as the event's JSON has it. Nothing is rounded or coerced: a number keeps the digits it was written
 * with, an array or object stays the JSON that it is.
 */
public sealed interface Value {
    /** The value as a person reads it, on one line but otherwise unescaped; text without quotes. */
    String text();

    /** Writes the value as JSON. */
    void writeTo(JsonGenerator generator) throws IOException;

    record Text(String text) implements Value {
        @Override
        public void writeTo(JsonGenerator generator) throws IOException {
            generator.writeString(text);
        }
    }

    /** A number, a boolean, an array or an object, as compact JSON. */
    record Json(String text) implements Value {
        @Override
        public void writeTo(JsonGenerator generator) throws IOException {
            generator.writeRawValue(text);
        }
    }

    record Null() implements Value {
        @Override
        public String text() {
            return "null";
        }

        @Override
        public void writeTo(JsonGenerator generator) throws IOException {
            generator.writeNull();
        }
    }
}
