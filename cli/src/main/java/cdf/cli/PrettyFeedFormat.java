package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Row;
import cdf.change.Value;
import cdf.cli.PrettyLines.Kind;
import cdf.lake.TableChange;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.stream.Collectors;

/** A change of a table as a person reads it: its version, then the {@linkplain PrettyLines line} of the change. */
final class PrettyFeedFormat implements FeedFormat {
    private final List<String> key;
    private final PrettyLines lines;
    private final DateTimeFormatter time;

    /** @param key the columns that tell the table's rows apart */
    PrettyFeedFormat(List<String> key, boolean colour, ZoneId zone) {
        this.key = key;
        this.lines = new PrettyLines(colour);
        this.time = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss.SSS", Locale.ROOT)
                .withZone(zone);
    }

    @Override
    public String line(TableChange change) {
        ChangeEvent event = change.event();
        String when = "v" + change.version() + "  " + time.format(Instant.ofEpochMilli(event.timestampMillis()));
        return lines.line(when, Kind.of(event), id(event), PrettyLines.details(event, key));
    }

    private String id(ChangeEvent event) {
        Row row = event.after().or(event::before).orElseThrow();
        return key.stream()
                .map(column -> Objects.requireNonNull(row.columns().get(column)))
                .map(Value::text)
                .map(PrettyLines::printable)
                .collect(Collectors.joining(","));
    }
}
