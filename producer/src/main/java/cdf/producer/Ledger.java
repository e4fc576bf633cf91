package cdf.producer;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.generator.UnusualKeys;
import cdf.generator.UserRow;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.stream.Stream;

/**
 * The truth about a simulated database, kept in two files, one JSON object a line: the rows that must exist, and beside
 * them the faults that were put into the topic. Rows alone are in the first, so that it can be compared with a table as
 * it is.
 *
 * @param rows the first file; the second has {@code .faults} at the end of its name
 */
record Ledger(Path rows) {
    private static final String FAULTS = ".faults";

    Path faults() {
        return rows.resolveSibling(rows.getFileName() + FAULTS);
    }

    /** Writes both files, the second one even if there were no faults. */
    void write(Stream<UserRow> liveRows, UnusualKeys keys, List<FaultLog.Entry> faults) {
        write(rows, liveRows.map(row -> json(row, keys)));
        write(faults(), faults.stream().map(FaultLog.Entry::json));
    }

    private static String json(UserRow row, UnusualKeys keys) {
        return JsonLine.of(json -> {
            json.writeStringField("id", keys.id(row.id()));
            json.writeStringField("name", row.name().text());
            json.writeNumberField("balance", row.balance());
        });
    }

    private static void write(Path file, Stream<String> lines) {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (Iterator<String> each = lines.iterator(); each.hasNext(); ) {
                writer.write(each.next());
                writer.newLine();
            }
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot write the ledger " + file + ": " + failure.getMessage(),
                    "name another file with --ledger",
                    failure);
        }
    }
}
