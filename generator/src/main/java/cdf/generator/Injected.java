package cdf.generator;

import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;

/** A fault that a record has on purpose. */
public sealed interface Injected {
    Fault fault();

    /** Writes what more there is to say of it, as fields of a JSON object. */
    void writeTo(JsonGenerator json) throws IOException;

    /** The record is no event. */
    record Malformed(MalformedRecords.Kind kind) implements Injected {
        @Override
        public Fault fault() {
            return Fault.MALFORMED;
        }

        @Override
        public void writeTo(JsonGenerator json) throws IOException {
            json.writeStringField("kind", kind.name());
        }
    }

    /**
     * The event was sent before.
     *
     * @param stale whether its row had changed or gone since then, so that a consumer that applies the event as if it
     *     were new goes wrong
     */
    record LateDuplicate(String id, boolean stale) implements Injected {
        @Override
        public Fault fault() {
            return Fault.LATE_DUPLICATE;
        }

        @Override
        public void writeTo(JsonGenerator json) throws IOException {
            json.writeStringField("id", id);
            json.writeBooleanField("stale", stale);
        }
    }

    /** The row's id has unusual characters. */
    record UnusualKey(String id, UnusualKeys.Kind kind) implements Injected {
        @Override
        public Fault fault() {
            return Fault.UNUSUAL_KEY;
        }

        @Override
        public void writeTo(JsonGenerator json) throws IOException {
            json.writeStringField("kind", kind.name());
            json.writeStringField("id", id);
        }
    }

    /** A fault of which there is nothing to say but the row. */
    record OfRow(Fault fault, String id) implements Injected {
        @Override
        public void writeTo(JsonGenerator json) throws IOException {
            json.writeStringField("id", id);
        }
    }
}
