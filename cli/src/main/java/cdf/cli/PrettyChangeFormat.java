package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.Value;
import cdf.cli.PrettyLines.Kind;
import cdf.lake.WatchedRecord;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;

/** A record as a person reads it: the {@linkplain PrettyLines line} of its event, or why there is none. */
public final class PrettyChangeFormat implements ChangeFormat {
    private static final String ID = "id";

    private final String topic;
    private final PrettyLines lines;
    private final DateTimeFormatter time;

    public PrettyChangeFormat(String topic, boolean colour, ZoneId zone) {
        this.topic = topic;
        this.lines = new PrettyLines(colour);
        this.time = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(zone);
    }

    @Override
    public String line(WatchedRecord record) {
        if (record.decoded() instanceof Decoded.Accepted accepted) {
            ChangeEvent event = accepted.event();
            return lines.line(
                    time(event.timestampMillis()),
                    Kind.of(event),
                    id(record, event),
                    PrettyLines.details(event, Set.of(ID)));
        }
        Decoded.Rejected rejected = (Decoded.Rejected) record.decoded();
        String place = topic + "-" + record.partition() + "@" + record.offset();
        return lines.line(
                time(record.timestampMillis()), Kind.REJECTED, place, PrettyLines.printable(rejected.reason()));
    }

    private String time(long timestampMillis) {
        return time.format(Instant.ofEpochMilli(timestampMillis));
    }

    /** The row's id column, or else the Kafka key, or else a dash. */
    private static String id(WatchedRecord record, ChangeEvent event) {
        return event.after()
                .or(event::before)
                .map(row -> row.columns().get(ID))
                .map(Value::text)
                .or(record::key)
                .map(PrettyLines::printable)
                .orElse("-");
    }
}
