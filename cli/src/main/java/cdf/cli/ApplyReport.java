package cdf.cli;

import cdf.lake.Accounting;
import cdf.lake.ApplySummary;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Tells what applying came to. */
final class ApplyReport {
    private ApplyReport() {}

    /** Writes the summary as fields of a JSON object. */
    static void writeTo(JsonGenerator json, ApplySummary summary) throws IOException {
        writeTo(json, summary.accounting());
        json.writeNumberField("rows", summary.rows());
        json.writeNumberField("tableVersion", summary.tableVersion());
        writeTo(json, summary.positions());
    }

    static void writeTo(JsonGenerator json, Accounting accounting) throws IOException {
        json.writeNumberField("read", accounting.read());
        json.writeNumberField("applied", accounting.applied());
        json.writeNumberField("superseded", accounting.superseded());
        json.writeNumberField("ignored", accounting.ignored());
        json.writeNumberField("deadLettered", accounting.deadLettered());
    }

    static void writeTo(JsonGenerator json, Map<Integer, Long> positions) throws IOException {
        json.writeObjectFieldStart("positions");
        for (Map.Entry<Integer, Long> position : new TreeMap<>(positions).entrySet()) {
            json.writeNumberField(position.getKey().toString(), position.getValue());
        }
        json.writeEndObject();
    }

    /** Prints the summary for people. */
    static void print(PrintStream out, ApplySummary summary) {
        out.println(line(summary.accounting()));
        out.printf(Locale.ROOT, "the table has %,d rows in version %d%n", summary.rows(), summary.tableVersion());
    }

    static String line(Accounting accounting) {
        return String.format(
                Locale.ROOT,
                "read %,d events: %,d applied, %,d superseded by a later one of the same commit, %,d ignored,"
                        + " %,d dead-lettered",
                accounting.read(),
                accounting.applied(),
                accounting.superseded(),
                accounting.ignored(),
                accounting.deadLettered());
    }
}
