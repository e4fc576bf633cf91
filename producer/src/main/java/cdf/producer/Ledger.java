package cdf.producer;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.generator.UserRow;

import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.stream.Stream;

/** The truth about a simulated database, kept in a file: the rows that must exist, one JSON object a line. */
final class Ledger {
    private Ledger() {}

    static void write(Path file, Stream<UserRow> rows) {
        try (BufferedWriter writer = Files.newBufferedWriter(file)) {
            for (Iterator<UserRow> each = rows.iterator(); each.hasNext(); ) {
                UserRow row = each.next();
                writer.write(JsonLine.of(json -> {
                    json.writeStringField("id", row.id().toString());
                    json.writeStringField("name", row.name().text());
                    json.writeNumberField("balance", row.balance());
                }));
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
