package cdf.cli;

import cdf.verify.LedgerComparison;
import cdf.verify.RowDifference;
import cdf.verify.RowDifferences;
import cdf.verify.SourceComparison;
import cdf.verify.Verdict;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** Tells what a verification found. */
final class VerifyReport {
    private VerifyReport() {}

    /** The verdict in one line. */
    static String line(Verdict verdict) {
        String compared = String.format(
                Locale.ROOT,
                "%,d rows of version %d, %,d events replayed in %.1f s",
                verdict.rows(),
                verdict.version(),
                verdict.events(),
                verdict.time().toMillis() / 1e3);
        if (!verdict.equal()) {
            return "NOT EQUAL: " + count(verdict.differenceCount(), "difference") + "; " + compared;
        }
        return verdict.verified()
                ? "verified: the table is what the topic adds up to"
                        + (verdict.source().isPresent() ? " and what the database has" : "") + "; " + compared
                : "equal, as far as it can be proved; " + compared;
    }

    /** The verdict on a table that is right, without what is usual. */
    static void printShort(PrintStream out, Verdict verdict) {
        out.println(line(verdict));
        printSource(out, verdict);
    }

    static void print(PrintStream out, Verdict verdict) {
        out.println(line(verdict));
        out.println("positions: " + new TreeMap<>(verdict.positions()));
        verdict.limits().forEach(limit -> out.println("not proved: " + limit));
        verdict.feedChanges()
                .ifPresent(changes -> out.printf(Locale.ROOT, "change data feed: %,d changes replayed%n", changes));
        verdict.findings().forEach(finding -> out.println("wrong: " + finding));
        print(out, "the topic", verdict.differences());
        verdict.ledger().ifPresent(ledger -> print(out, ledger));
        printSource(out, verdict);
    }

    private static void printSource(PrintStream out, Verdict verdict) {
        verdict.source().ifPresent(source -> print(out, source));
        verdict.versionsWithSum()
                .ifPresent(versions -> out.println("the sum that no transaction changes was looked at in the "
                        + count(versions, "version") + " that end a transaction"));
    }

    private static void print(PrintStream out, LedgerComparison ledger) {
        out.printf(Locale.ROOT, "ledger: %,d rows%n", ledger.rows());
        if (ledger.explained() > 0) {
            out.println(count(ledger.explained(), "row")
                    + " not as in the ledger because the topic is not: an old event was" + " sent again on purpose");
        }
        print(out, "the ledger", ledger.unexplained());
    }

    private static void print(PrintStream out, SourceComparison source) {
        out.printf(
                Locale.ROOT,
                "database: %,d rows compared, at a moment %,d events after the table's version%n",
                source.rows(),
                source.events());
        source.notCompared().forEach((column, reason) -> out.println("not compared: " + column + ": " + reason));
        print(out, "the database", source.differences());
    }

    private static void print(PrintStream out, String expectation, RowDifferences differences) {
        if (differences.total() == 0) {
            return;
        }
        out.print(count(differences.total(), "row") + " not as in " + expectation + ":");
        for (RowDifference.Kind kind : RowDifference.Kind.values()) {
            Optional.ofNullable(differences.counts().get(kind))
                    .ifPresent(count -> out.printf(Locale.ROOT, " %,d %s", count, name(kind)));
        }
        out.println();
        for (RowDifference row : differences.first()) {
            out.println("  " + name(row.kind()) + " " + row.key());
            out.println("    table:    " + row.table().orElse("no row"));
            out.println("    expected: " + row.expected().orElse("no row"));
        }
    }

    private static String count(long number, String noun) {
        return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
    }

    private static String name(RowDifference.Kind kind) {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    /** Writes the verdict as fields of a JSON object. */
    static void writeTo(JsonGenerator json, Verdict verdict) throws IOException {
        writeOutcome(json, verdict);
        json.writeNumberField("rows", verdict.rows());
        json.writeNumberField("events", verdict.events());
        json.writeNumberField("tableVersion", verdict.version());
        ApplyReport.writeTo(json, verdict.positions());
        writeRows(json, "rowDifferences", verdict.differences());
        if (verdict.feedChanges().isPresent()) {
            json.writeNumberField("feedChanges", verdict.feedChanges().get());
        }
        if (verdict.ledger().isPresent()) {
            LedgerComparison ledger = verdict.ledger().get();
            json.writeObjectFieldStart("ledger");
            json.writeNumberField("rows", ledger.rows());
            json.writeNumberField("explained", ledger.explained());
            writeRows(json, "rowDifferences", ledger.unexplained());
            json.writeEndObject();
        }
        writeSource(json, verdict);
        writeTexts(json, "findings", verdict.findings());
        writeTexts(json, "notProved", verdict.limits());
        json.writeNumberField("seconds", verdict.time().toMillis() / 1e3);
    }

    /** Writes what the comparison with the database found, if there was one. */
    static void writeSource(JsonGenerator json, Verdict verdict) throws IOException {
        if (verdict.source().isPresent()) {
            SourceComparison source = verdict.source().get();
            json.writeObjectFieldStart("database");
            json.writeNumberField("rows", source.rows());
            json.writeNumberField("events", source.events());
            writeTexts(json, "notCompared", source.notCompared().keySet());
            writeRows(json, "rowDifferences", source.differences());
            json.writeEndObject();
        }
        if (verdict.versionsWithSum().isPresent()) {
            json.writeNumberField("versionsWithSum", verdict.versionsWithSum().get());
        }
    }

    /** Writes whether the table is right, and how many differences there are. */
    static void writeOutcome(JsonGenerator json, Verdict verdict) throws IOException {
        json.writeBooleanField("verified", verdict.verified());
        json.writeNumberField("differences", verdict.differenceCount());
    }

    private static void writeTexts(JsonGenerator json, String name, Iterable<String> texts) throws IOException {
        json.writeArrayFieldStart(name);
        for (String text : texts) {
            json.writeString(text);
        }
        json.writeEndArray();
    }

    private static void writeRows(JsonGenerator json, String name, RowDifferences differences) throws IOException {
        json.writeObjectFieldStart(name);
        for (RowDifference.Kind kind : RowDifference.Kind.values()) {
            json.writeNumberField(name(kind), differences.counts().getOrDefault(kind, 0L));
        }
        json.writeArrayFieldStart("first");
        for (RowDifference row : differences.first()) {
            json.writeStartObject();
            json.writeStringField("kind", name(row.kind()));
            json.writeFieldName("key");
            json.writeRawValue(row.key());
            writeRow(json, "table", row.table());
            writeRow(json, "expected", row.expected());
            json.writeEndObject();
        }
        json.writeEndArray();
        json.writeEndObject();
    }

    private static void writeRow(JsonGenerator json, String name, Optional<String> row) throws IOException {
        json.writeFieldName(name);
        json.writeRawValue(row.orElse("null"));
    }
}
