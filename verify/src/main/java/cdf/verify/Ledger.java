package cdf.verify;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The truth that {@code cdf generate} kept: in one file the rows that must exist, a JSON object a line; in a second, named
 * like it with {@code .faults} at the end, what went wrong on purpose. A late duplicate that is stale makes the topic itself
 * differ from the truth.
 */
final class Ledger {
    private static final String HINT = "name the file that cdf generate was given with --ledger";

    private final PlainDecoder decoder;
    private final Map<Object, List<@Nullable Object>> rows = new HashMap<>();
    private final Set<Object> stale = new HashSet<>();

    private Ledger(PlainDecoder decoder) {
        this.decoder = decoder;
    }

    static Ledger read(Path file, PlainDecoder decoder) {
        Ledger ledger = new Ledger(decoder);
        readLines(file, ledger::addRow);
        Path faults = file.resolveSibling(file.getFileName() + ".faults");
        if (Files.exists(faults)) {
            readLines(faults, ledger::addFault);
        }
        return ledger;
    }

    private static void readLines(Path file, Predicate<String> reader) {
        try (Stream<String> lines = Files.lines(file)) {
            lines.filter(line -> !reader.test(line)).findFirst().ifPresent(line -> {
                throw new CdfException(
                        ExitCode.FAILED, "a line of the ledger " + file + " cannot be read: " + line, HINT);
            });
        } catch (IOException | UncheckedIOException failure) {
            throw new CdfException(
                    ExitCode.FAILED, "cannot read the ledger " + file + ": " + failure.getMessage(), HINT, failure);
        }
    }

    private boolean addRow(String line) {
        Optional<List<@Nullable Object>> row = decoder.row(line);
        row.ifPresent(values -> rows.put(decoder.key(values), values));
        return row.isPresent();
    }

    private boolean addFault(String line) {
        Optional<Map<?, ?>> fault = PlainJson.find(line);
        fault.filter(fields -> Boolean.TRUE.equals(fields.get("stale")))
                .ifPresent(fields -> stale.add(String.valueOf(fields.get("id"))));
        return fault.isPresent();
    }

    /** Compares a table's rows, by key, with the truth. */
    LedgerComparison compare(Map<Object, List<@Nullable Object>> table, TableSchema schema) {
        DifferenceList explained = new DifferenceList(schema);
        DifferenceList unexplained = new DifferenceList(schema);
        rows.forEach((key, row) -> (stale.contains(key) ? explained : unexplained).compare(table.get(key), row));
        table.forEach((key, row) -> {
            if (!rows.containsKey(key)) {
                (stale.contains(key) ? explained : unexplained).compare(row, null);
            }
        });
        return new LedgerComparison(rows.size(), explained.differences().total(), unexplained.differences());
    }
}
