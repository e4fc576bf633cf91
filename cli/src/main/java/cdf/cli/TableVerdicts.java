package cdf.cli;

import cdf.change.ExitCode;
import cdf.verify.Verdict;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/** Tells what the verification of several tables found. */
record TableVerdicts(List<TableVerdict> tables) {
    TableVerdicts {
        tables = List.copyOf(tables);
    }

    /** A difference counts for more than a table that could not be compared. */
    ExitCode exitCode() {
        if (verdicts().stream().anyMatch(verdict -> !verdict.equal())) {
            return ExitCode.DIFFERENCE_FOUND;
        }
        return verdicts().size() == tables.size() ? ExitCode.DONE : ExitCode.FAILED;
    }

    /** Prints a line for each table, more for one that is not verified, and one for all, for people. */
    void print(PrintStream out) {
        for (TableVerdict table : tables) {
            out.print(table.table() + ": ");
            if (table instanceof TableVerdict.Compared compared) {
                if (compared.verdict().verified()) {
                    out.println(VerifyReport.line(compared.verdict()));
                } else {
                    VerifyReport.print(out, compared.verdict());
                }
            } else if (table instanceof TableVerdict.NotCompared failed) {
                out.println("NOT COMPARED: " + failed.failure().problem() + "; "
                        + failed.failure().hint());
            }
        }
        out.printf(
                Locale.ROOT,
                "%,d tables: %,d verified, %,d not equal, %,d not compared%n",
                tables.size(),
                verdicts().stream().filter(Verdict::verified).count(),
                verdicts().stream().filter(verdict -> !verdict.equal()).count(),
                tables.size() - verdicts().size());
    }

    /** Writes each table and the sums as fields of a JSON object. */
    void writeTo(JsonGenerator json) throws IOException {
        json.writeArrayFieldStart("tables");
        for (TableVerdict table : tables) {
            json.writeStartObject();
            json.writeStringField("topic", table.topic());
            json.writeStringField("table", table.table());
            if (table instanceof TableVerdict.Compared compared) {
                VerifyReport.writeTo(json, compared.verdict());
                json.writeNullField("failed");
            } else if (table instanceof TableVerdict.NotCompared failed) {
                json.writeBooleanField("verified", false);
                json.writeStringField("failed", failed.failure().problem());
            }
            json.writeEndObject();
        }
        json.writeEndArray();
        boolean verified =
                verdicts().size() == tables.size() && verdicts().stream().allMatch(Verdict::verified);
        json.writeBooleanField("verified", verified);
        json.writeNumberField("differences", sum(Verdict::differenceCount));
        json.writeNumberField("rows", sum(Verdict::rows));
        json.writeNumberField("events", sum(Verdict::events));
        json.writeNumberField("failedTables", tables.size() - verdicts().size());
        json.writeNumberField("seconds", sum(verdict -> verdict.time().toMillis()) / 1e3);
    }

    private List<Verdict> verdicts() {
        return tables.stream()
                .filter(TableVerdict.Compared.class::isInstance)
                .map(table -> ((TableVerdict.Compared) table).verdict())
                .toList();
    }

    private long sum(ToLongFunction<Verdict> count) {
        return verdicts().stream().mapToLong(count).sum();
    }
}
