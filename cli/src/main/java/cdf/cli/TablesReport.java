package cdf.cli;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.lake.Accounting;
import cdf.lake.TableOutcome;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.stream.Collectors;

/** Tells what applying several tables came to. */
final class TablesReport {
    private TablesReport() {}

    /** Writes each table and the sums as fields of a JSON object. */
    static void writeTo(JsonGenerator json, List<TableOutcome> outcomes) throws IOException {
        json.writeArrayFieldStart("tables");
        for (TableOutcome outcome : outcomes) {
            json.writeStartObject();
            json.writeStringField("topic", outcome.topic());
            json.writeStringField("table", outcome.table());
            ApplyReport.writeTo(json, outcome.accounting());
            writeNumber(json, "rows", outcome.rows());
            writeNumber(json, "tableVersion", outcome.tableVersion());
            ApplyReport.writeTo(json, outcome.positions());
            json.writeStringField(
                    "failed", outcome.failure().map(CdfException::problem).orElse(null));
            json.writeEndObject();
        }
        json.writeEndArray();
        ApplyReport.writeTo(json, sum(outcomes));
        json.writeNumberField("rows", rows(outcomes));
        json.writeNumberField("failedTables", failures(outcomes).size());
    }

    private static void writeNumber(JsonGenerator json, String name, OptionalLong number) throws IOException {
        if (number.isPresent()) {
            json.writeNumberField(name, number.getAsLong());
        } else {
            json.writeNullField(name);
        }
    }

    /** Prints a line for each table, and the sums, for people. */
    static void print(PrintStream out, List<TableOutcome> outcomes) {
        for (TableOutcome outcome : outcomes) {
            out.print(outcome.table() + ": " + ApplyReport.line(outcome.accounting()));
            if (outcome.rows().isPresent() && outcome.tableVersion().isPresent()) {
                out.printf(
                        Locale.ROOT,
                        "; %,d rows in version %d",
                        outcome.rows().getAsLong(),
                        outcome.tableVersion().getAsLong());
            }
            outcome.failure().ifPresent(failure -> out.print("; STOPPED: " + failure.problem()));
            out.println();
        }
        out.printf(
                Locale.ROOT,
                "%,d tables with %,d rows: %s%n",
                outcomes.size(),
                rows(outcomes),
                ApplyReport.line(sum(outcomes)));
    }

    /** That tables stopped, and which, if any did. */
    static Optional<CdfException> failure(List<TableOutcome> outcomes) {
        List<CdfException> failures = failures(outcomes);
        if (failures.isEmpty()) {
            return Optional.empty();
        }
        String stopped = outcomes.stream()
                .filter(outcome -> outcome.failure().isPresent())
                .map(TableOutcome::table)
                .collect(Collectors.joining(", "));
        CdfException all = new CdfException(
                ExitCode.FAILED,
                failures.size() + " of " + outcomes.size() + " tables stopped: " + stopped,
                "mend what each was told to stop for, then run it again: all go on where they stopped",
                failures.get(0));
        failures.stream().skip(1).forEach(all::addSuppressed);
        return Optional.of(all);
    }

    private static List<CdfException> failures(List<TableOutcome> outcomes) {
        return outcomes.stream().flatMap(outcome -> outcome.failure().stream()).toList();
    }

    private static Accounting sum(List<TableOutcome> outcomes) {
        return outcomes.stream().map(TableOutcome::accounting).reduce(Accounting.NONE, Accounting::plus);
    }

    private static long rows(List<TableOutcome> outcomes) {
        return outcomes.stream().mapToLong(outcome -> outcome.rows().orElse(0)).sum();
    }
}
