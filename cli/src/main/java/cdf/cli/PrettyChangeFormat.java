package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.Operation;
import cdf.change.Row;
import cdf.change.Value;
import cdf.lake.WatchedRecord;

import java.time.Instant;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * A record as a person reads it: time, kind, id and, for an update, only what changed. Columns are aligned, and whatever
 * a row holds, it cannot steer the terminal: control characters show as their code.
 */
public final class PrettyChangeFormat implements ChangeFormat {
    private static final String ID = "id";
    private static final int KIND_WIDTH = 9;
    private static final int WIDEST_ID = 40;

    private final String topic;
    private final boolean colour;
    private final DateTimeFormatter time;
    private int idWidth = 1;

    public PrettyChangeFormat(String topic, boolean colour, ZoneId zone) {
        this.topic = topic;
        this.colour = colour;
        this.time = DateTimeFormatter.ofPattern("HH:mm:ss.SSS", Locale.ROOT).withZone(zone);
    }

    @Override
    public String line(WatchedRecord record) {
        if (record.decoded() instanceof Decoded.Accepted accepted) {
            ChangeEvent event = accepted.event();
            return line(event.timestampMillis(), kind(event), id(record, event), details(event));
        }
        Decoded.Rejected rejected = (Decoded.Rejected) record.decoded();
        String place = topic + "-" + record.partition() + "@" + record.offset();
        return line(record.timestampMillis(), Kind.REJECTED, place, printable(rejected.reason()));
    }

    /** The kinds of line, with the colours that tell them apart (ECMA-48 SGR). */
    private enum Kind {
        CREATE("32"),
        UPDATE("33"),
        DELETE("31"),
        READ("36"),
        TRUNCATE("1;31"),
        MESSAGE("2"),
        TOMBSTONE("2"),
        REJECTED("1;35");

        private final String colour;

        Kind(String colour) {
            this.colour = colour;
        }

        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static Kind kind(ChangeEvent event) {
        Optional<Operation> operation = event.operation();
        return operation.isPresent() ? Kind.valueOf(operation.get().name()) : Kind.TOMBSTONE;
    }

    private String line(long timestampMillis, Kind kind, String id, String details) {
        idWidth = Math.min(WIDEST_ID, Math.max(idWidth, id.length()));
        StringBuilder line = new StringBuilder();
        paint(line, "2", time.format(Instant.ofEpochMilli(timestampMillis)));
        line.append("  ");
        paint(line, kind.colour, kind.word());
        line.append(" ".repeat(KIND_WIDTH - kind.word().length() + 2)).append(id);
        if (!details.isEmpty()) {
            line.append(" ".repeat(Math.max(0, idWidth - id.length()) + 2)).append(details);
        }
        return line.toString();
    }

    private void paint(StringBuilder line, String code, String text) {
        if (colour) {
            line.append("\u001b[").append(code).append('m').append(text).append("\u001b[0m");
        } else {
            line.append(text);
        }
    }

    /** The row's id column, or else the Kafka key, or else a dash. */
    private static String id(WatchedRecord record, ChangeEvent event) {
        return event.after()
                .or(event::before)
                .map(row -> row.columns().get(ID))
                .map(Value::text)
                .or(record::key)
                .map(PrettyChangeFormat::printable)
                .orElse("-");
    }

    private static String details(ChangeEvent event) {
        Optional<Row> after = event.after();
        if (after.isEmpty()) {
            return event.before().map(row -> columns(row)).orElse("");
        }
        return event.before().map(before -> difference(before, after.get())).orElseGet(() -> columns(after.get()));
    }

    private static String columns(Row row) {
        StringJoiner columns = new StringJoiner("  ");
        for (Map.Entry<String, Value> column : row.columns().entrySet()) {
            if (!column.getKey().equals(ID)) {
                columns.add(printable(column.getKey() + " " + column.getValue().text()));
            }
        }
        return columns.toString();
    }

    private static String difference(Row before, Row after) {
        StringJoiner changes = new StringJoiner("  ");
        changes.setEmptyValue("nothing changed");
        for (Map.Entry<String, Value> column : after.columns().entrySet()) {
            Value old = before.columns().get(column.getKey());
            if (!column.getValue().equals(old)) {
                String was = old == null ? "" : old.text() + " ";
                changes.add(printable(
                        column.getKey() + " " + was + "→ " + column.getValue().text()));
            }
        }
        for (String column : before.columns().keySet()) {
            if (!after.columns().containsKey(column)) {
                changes.add(printable(column) + " gone");
            }
        }
        return changes.toString();
    }

    /** The text with control and invisible formatting characters as their codes. */
    private static String printable(String text) {
        if (text.codePoints().noneMatch(PrettyChangeFormat::steers)) {
            return text;
        }
        StringBuilder printable = new StringBuilder();
        text.codePoints().forEach(character -> {
            if (steers(character)) {
                printable.append(String.format(Locale.ROOT, "\\u%04x", character));
            } else {
                printable.appendCodePoint(character);
            }
        });
        return printable.toString();
    }

    private static boolean steers(int character) {
        int type = Character.getType(character);
        return type == Character.CONTROL
                || type == Character.FORMAT
                || type == Character.SURROGATE
                || type == Character.LINE_SEPARATOR
                || type == Character.PARAGRAPH_SEPARATOR;
    }
}
