package cdf.cli;

import cdf.change.Row;
import cdf.change.Value;
import org.jline.utils.WCWidth;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * Rows in aligned columns, for people: numbers to the right, control characters as their codes, long values shortened. The
 * first rows tell how wide a column is; a wider value that comes later is shown whole all the same.
 */
final class AlignedRows implements RowPrinter {
    private static final int MEASURED_ROWS = 256;
    private static final int WIDEST_CELL = 60;
    private static final String ELLIPSIS = "…";
    private static final String GAP = "  ";

    private final PrintStream out;
    private final List<String> columns;
    private final Set<String> whole;
    private final int[] widths;
    private final boolean[] numbers;
    private final List<Row> held = new ArrayList<>();
    private boolean measured;

    /** @param whole the columns whose values are not shortened */
    AlignedRows(PrintStream out, List<String> columns, Set<String> whole) {
        this.out = out;
        this.columns = List.copyOf(columns);
        this.whole = Set.copyOf(whole);
        widths = new int[columns.size()];
        numbers = new boolean[columns.size()];
    }

    @Override
    public void print(Row row) {
        if (measured) {
            printCells(cells(row));
            return;
        }
        held.add(row);
        if (held.size() == MEASURED_ROWS) {
            printHeld();
        }
    }

    @Override
    public void finish() {
        if (!measured) {
            printHeld();
        }
    }

    private void printHeld() {
        measured = true;
        List<String> header = columns.stream().map(PrettyLines::printable).toList();
        List<List<String>> rows = held.stream().map(this::cells).toList();
        for (int column = 0; column < widths.length; column++) {
            numbers[column] = held.stream().allMatch(isNumber(columns.get(column)));
            widths[column] = width(header.get(column));
            for (List<String> row : rows) {
                widths[column] = Math.max(widths[column], width(row.get(column)));
            }
        }
        printCells(header);
        printCells(IntStream.of(widths).mapToObj("-"::repeat).toList());
        rows.forEach(this::printCells);
        held.clear();
    }

    private static Predicate<Row> isNumber(String column) {
        return row -> value(row, column) instanceof Value.Null
                || (value(row, column) instanceof Value.Json json
                        && !json.text().matches("true|false"));
    }

    private List<String> cells(Row row) {
        return columns.stream()
                .map(column -> {
                    String text = PrettyLines.printable(value(row, column).text());
                    return whole.contains(column) ? text : shortened(text);
                })
                .toList();
    }

    private static Value value(Row row, String column) {
        return Objects.requireNonNull(row.columns().get(column));
    }

    private void printCells(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (int column = 0; column < widths.length; column++) {
            String cell = cells.get(column);
            String padding = " ".repeat(Math.max(0, widths[column] - width(cell)));
            line.append(column == 0 ? "" : GAP).append(numbers[column] ? padding + cell : cell + padding);
        }
        out.println(line.toString().stripTrailing());
    }

    private static String shortened(String text) {
        if (text.codePointCount(0, text.length()) <= WIDEST_CELL) {
            return text;
        }
        return text.substring(0, text.offsetByCodePoints(0, WIDEST_CELL - 1)) + ELLIPSIS;
    }

    /** How many columns of the terminal a text takes: East Asian characters take two, accents none. */
    private static int width(String text) {
        return text.codePoints().map(WCWidth::wcwidth).sum();
    }
}
