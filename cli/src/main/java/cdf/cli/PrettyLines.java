package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Operation;
import cdf.change.Row;
import cdf.change.Value;

import java.util.Collection;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.StringJoiner;

/**
 * Changes as lines that a person reads: when, kind, id and, for an update, only what changed. Columns are aligned, and
 * whatever a row holds, it cannot steer the terminal: control characters show as their code. Used by one thread.
 */
final class PrettyLines {
    private static final int KIND_WIDTH = 9;
    private static final int WIDEST_ID = 40;

    private final boolean colour;
    private int idWidth = 1;

    PrettyLines(boolean colour) {
        this.colour = colour;
    }

    /** The kinds of line, with the colours that tell them apart (ECMA-48 SGR). */
    enum Kind {
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

        static Kind of(ChangeEvent event) {
            Optional<Operation> operation = event.operation();
            return operation.isPresent() ? valueOf(operation.get().name()) : TOMBSTONE;
        }

        private String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A line; what is given is printable. */
    String line(String when, Kind kind, String id, String details) {
        idWidth = Math.min(WIDEST_ID, Math.max(idWidth, id.length()));
        StringBuilder line = new StringBuilder();
        paint(line, "2", when);
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

    /**
     * What an event says of its row, printable.
     *
     * @param id the columns that the line shows already
     */
    static String details(ChangeEvent event, Collection<String> id) {
        Optional<Row> after = event.after();
        if (after.isEmpty()) {
            return event.before().map(row -> columns(row, id)).orElse("");
        }
        return event.before().map(before -> difference(before, after.get())).orElseGet(() -> columns(after.get(), id));
    }

    private static String columns(Row row, Collection<String> id) {
        StringJoiner columns = new StringJoiner("  ");
        for (Map.Entry<String, Value> column : row.columns().entrySet()) {
            if (!id.contains(column.getKey())) {
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
    static String printable(String text) {
        if (text.codePoints().noneMatch(PrettyLines::steers)) {
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
