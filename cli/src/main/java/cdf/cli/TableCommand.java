package cdf.cli;

import cdf.change.ExitCode;
import cdf.lake.TableRows;
import cdf.producer.CheckedCommand;
import cdf.producer.Terminal;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.Set;

/** {@code cdf table}. */
@Command(
        name = "table",
        description = "Show the rows of a Delta table, in no order.",
        footer = {
            "",
            "In json and csv, numbers have all their digits (NaN and Infinity are text in json), a DATE is 2026-02-28, a"
                    + " TIMESTAMP is 2026-02-28T23:59:59Z, in UTC and with three or six digits of a fraction where it has"
                    + " one, and BINARY is base64. In csv, null is the empty field and the empty text is \"\"."
        })
final class TableCommand implements CheckedCommand {
    /** How rows are shown. */
    enum Format {
        TABLE,
        JSON,
        CSV
    }

    @Parameters(paramLabel = "DIR", description = "The directory of the table.")
    private Path directory = Path.of("");

    @Option(names = "--version", paramLabel = "V", description = "The version to show. Default: the newest.")
    private @Nullable Long version;

    @Option(names = "--limit", paramLabel = "N", description = "Show N rows at most. Default: all.")
    private @Nullable Integer limit;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "table|json|csv",
            defaultValue = "table",
            description =
                    "How to show rows: table (default), in columns and with long values shortened; json, one object"
                            + " a line; or csv (RFC 4180), with a header.")
    private Format format = Format.TABLE;

    // Not the standard help options: their --version is the program's.
    @SuppressWarnings("UnusedVariable")
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help message and exit.")
    private boolean help;

    private final Terminal terminal;

    TableCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (version != null && version < 0) {
            problems.add("--version: " + version + " is negative; the first version is 0");
        }
        if (limit != null && limit < 0) {
            problems.add("--limit: " + limit + " is negative");
        }
        return problems;
    }

    @Override
    public ExitCode run() {
        return Reading.of(directory, terminal, this::show);
    }

    private void show(Reading reading) {
        TableRows table = reading.table()
                .rows(
                        version == null ? reading.table().newestVersion() : version,
                        limit == null ? OptionalInt.empty() : OptionalInt.of(limit));
        RowPrinter printer =
                switch (format) {
                    case TABLE -> new AlignedRows(terminal.out(), table.columns(), Set.of());
                    case JSON -> new JsonRows(terminal.out());
                    case CSV -> new CsvRows(terminal.out(), table.columns());
                };
        long shown = reading.show(table.rows(), printer::print);
        printer.finish();
        reading.flush();
        if (format == Format.TABLE && !reading.ended()) {
            terminal.err().printf(Locale.ROOT, "%,d rows, version %d%n", shown, table.version());
        }
    }
}
