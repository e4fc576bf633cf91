package cdf.verify;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The truth that {@code cdf generate} kept in a file: the rows that must exist, a JSON object a line. */
final class Ledger {
    private final Map<Object, List<@Nullable Object>> rows = new HashMap<>();

    private Ledger() {}

    static Ledger read(Path file, PlainDecoder decoder) {
        Ledger ledger = new Ledger();
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line -> {
                List<@Nullable Object> row = decoder.row(line)
                        .orElseThrow(() -> new CdfException(
                                ExitCode.FAILED,
                                "the ledger " + file + " has a line that is no row of the table: " + line,
                                "name the file that cdf generate was given with --ledger"));
                ledger.rows.put(decoder.key(row), row);
            });
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot read the ledger " + file + ": " + failure.getMessage(),
                    "name the file that cdf generate was given with --ledger",
                    failure);
        }
        return ledger;
    }

    LedgerComparison compare(Map<Object, List<@Nullable Object>> table, TableSchema schema) {
        DifferenceList unexplained = new DifferenceList(schema);
        rows.forEach((key, row) -> unexplained.compare(table.get(key), row));
        table.forEach((key, row) -> {
            if (!rows.containsKey(key)) {
                unexplained.compare(row, null);
            }
        });
        return new LedgerComparison(rows.size(), 0, unexplained.differences());
    }
}
