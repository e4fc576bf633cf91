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
        Accounting accounting = summary.accounting();
        json.writeNumberField("read", accounting.read());
        json.writeNumberField("applied", accounting.applied());
        json.writeNumberField("superseded", accounting.superseded());
        json.writeNumberField("ignored", accounting.ignored());
        json.writeNumberField("deadLettered", accounting.deadLettered());
        json.writeNumberField("rows", summary.rows());
        json.writeNumberField("tableVersion", summary.tableVersion());
        json.writeObjectFieldStart("positions");
        for (Map.Entry<Integer, Long> position : new TreeMap<>(summary.positions()).entrySet()) {
            json.writeNumberField(position.getKey().toString(), position.getValue());
        }
        json.writeEndObject();
    }

    /** Prints the summary for people. */
    static void print(PrintStream out, ApplySummary summary) {
        Accounting accounting = summary.accounting();
        out.printf(
                Locale.ROOT,
                "read %,d events: %,d applied, %,d superseded by a later one of the same commit, %,d ignored,"
                        + " %,d dead-lettered%n",
                accounting.read(),
                accounting.applied(),
                accounting.superseded(),
                accounting.ignored(),
                accounting.deadLettered());
        out.printf(Locale.ROOT, "the table has %,d rows in version %d%n", summary.rows(), summary.tableVersion());
    }
}
