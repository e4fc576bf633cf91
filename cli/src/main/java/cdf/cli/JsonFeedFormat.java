package cdf.cli;

import cdf.change.Envelope;
import cdf.lake.TableChange;
import cdf.producer.JsonLine;

import java.time.Instant;

/** A change of a table as one JSON object: the version and its time, then the envelope's fields. */
record JsonFeedFormat() implements FeedFormat {
    @Override
    public String line(TableChange change) {
        return JsonLine.of(json -> {
            json.writeNumberField("version", change.version());
            json.writeStringField(
                    "timestamp",
                    Instant.ofEpochMilli(change.event().timestampMillis()).toString());
            JsonChangeFormat.writeOperation(change.event(), json);
            JsonChangeFormat.writeRow(Envelope.BEFORE, change.event().before(), json);
            JsonChangeFormat.writeRow(Envelope.AFTER, change.event().after(), json);
        });
    }
}
