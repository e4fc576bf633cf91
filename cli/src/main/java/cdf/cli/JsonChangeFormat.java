package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.Envelope;
import cdf.change.Row;
import cdf.lake.WatchedRecord;
import cdf.producer.JsonLine;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.util.Optional;

/**
 * A record as one JSON object: its place in the topic, then the envelope's fields; or, where it could not be read,
 * {@code rejected} with the reason. A tombstone has neither: its {@code op} is null.
 */
record JsonChangeFormat(String topic) implements ChangeFormat {
    @Override
    public String line(WatchedRecord record) {
        return JsonLine.of(json -> {
            json.writeStringField("topic", topic);
            json.writeNumberField("partition", record.partition());
            json.writeNumberField("offset", record.offset());
            json.writeStringField("key", record.key().orElse(null));
            if (record.decoded() instanceof Decoded.Accepted accepted) {
                writeEvent(accepted.event(), json);
            } else if (record.decoded() instanceof Decoded.Rejected rejected) {
                json.writeStringField("rejected", rejected.reason());
            }
        });
    }

    private static void writeEvent(ChangeEvent event, JsonGenerator json) throws IOException {
        writeOperation(event, json);
        json.writeNumberField(Envelope.TIMESTAMP, event.timestampMillis());
        writeRow(Envelope.BEFORE, event.before(), json);
        writeRow(Envelope.AFTER, event.after(), json);
    }

    static void writeOperation(ChangeEvent event, JsonGenerator json) throws IOException {
        json.writeStringField(
                Envelope.OPERATION,
                event.operation().map(operation -> operation.letter()).orElse(null));
    }

    static void writeRow(String field, Optional<Row> row, JsonGenerator json) throws IOException {
        json.writeFieldName(field);
        if (row.isPresent()) {
            row.get().writeTo(json);
        } else {
            json.writeNull();
        }
    }
}
