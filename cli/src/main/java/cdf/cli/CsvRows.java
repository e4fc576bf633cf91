package cdf.cli;

import cdf.change.Row;
import cdf.change.Value;

import java.io.PrintStream;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Rows as CSV (RFC 4180) with a header. Null is the empty field; the empty text is one in quotes. */
final class CsvRows implements RowPrinter {
    private static final Pattern QUOTED = Pattern.compile("|.*[,\"\r\n].*", Pattern.DOTALL);

    private final PrintStream out;

    CsvRows(PrintStream out, List<String> columns) {
        this.out = out;
        print(columns, CsvRows::field);
    }

    @Override
    public void print(Row row) {
        print(row.columns().values(), value -> value instanceof Value.Null ? "" : field(value.text()));
    }

    private <T> void print(Collection<T> fields, Function<T, String> field) {
        out.print(fields.stream().map(field).collect(Collectors.joining(",", "", "\r\n")));
    }

    private static String field(String text) {
        return QUOTED.matcher(text).matches() ? "\"" + text.replace("\"", "\"\"") + "\"" : text;
    }
}
