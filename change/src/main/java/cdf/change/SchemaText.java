package cdf.change;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A table's schema as a user writes it, with everything that is wrong with it. */
final class SchemaText {
    private static final Pattern COLUMN = Pattern.compile("(`[^`]*`|\\S+)\\s+(.+)", Pattern.DOTALL);

    private final List<Column> columns = new ArrayList<>();
    private final List<Integer> key = new ArrayList<>();
    private final Set<String> unreadable = new HashSet<>();
    private final List<String> problems = new ArrayList<>();

    SchemaText(String schema, String key) {
        split(schema).forEach(this::readColumn);
        split(key).forEach(this::readKeyColumn);
        problems.addAll(problems(columns, this.key));
    }

    List<String> problems() {
        return List.copyOf(problems);
    }

    TableSchema toSchema() {
        if (!problems.isEmpty()) {
            throw new IllegalStateException("unchecked schema: " + String.join("; ", problems));
        }
        return new TableSchema(columns, key);
    }

    /** What is wrong with columns and a key that are well-formed each for itself. */
    static List<String> problems(List<Column> columns, List<Integer> key) {
        List<String> problems = new ArrayList<>();
        Set<String> names = new HashSet<>();
        for (Column column : columns) {
            if (!names.add(column.name().toLowerCase(Locale.ROOT))) {
                problems.add("the column " + column.name()
                        + " is there twice; upper and lower case are the same to a table");
            }
        }
        Set<Integer> seen = new HashSet<>();
        for (int index : key) {
            Column column = columns.get(index);
            if (!seen.add(index)) {
                problems.add("the key has the column " + column.name() + " twice");
            } else if (column.type().kind() == ColumnType.Kind.DOUBLE) {
                problems.add("the key column " + column.name() + " is DOUBLE, of which equal values can differ");
            }
        }
        return problems;
    }

    private void readColumn(String text) {
        Matcher column = COLUMN.matcher(text);
        if (!column.matches()) {
            problems.add("the column \"" + text + "\" needs a name and a type, such as id STRING");
            unreadable.add(unquoted(text));
            return;
        }
        String name = unquoted(column.group(1));
        Optional<String> typeProblem = ColumnType.problem(column.group(2));
        if (!Column.isName(name)) {
            problems.add(
                    "the name \"" + name + "\" is empty or has a character that Delta Lake or JSON gives a meaning");
            unreadable.add(name);
        } else if (typeProblem.isPresent()) {
            problems.add("column " + name + ": " + typeProblem.get());
            unreadable.add(name);
        } else {
            columns.add(new Column(name, ColumnType.parse(column.group(2))));
        }
    }

    private void readKeyColumn(String text) {
        String name = unquoted(text);
        for (int index = 0; index < columns.size(); index++) {
            if (columns.get(index).name().equals(name)) {
                key.add(index);
                return;
            }
        }
        if (!unreadable.contains(name)) {
            problems.add("the key column \"" + name + "\" is not in the schema");
        }
    }

    private static String unquoted(String name) {
        boolean quoted = name.length() > 1 && name.startsWith("`") && name.endsWith("`");
        return quoted ? name.substring(1, name.length() - 1) : name;
    }

    /** The parts between the commas, stripped; a comma in parentheses or back-quotes is part of its part. */
    private static List<String> split(String text) {
        List<String> parts = new ArrayList<>();
        boolean quoted = false;
        boolean parenthesised = false;
        int from = 0;
        for (int at = 0; at < text.length(); at++) {
            switch (text.charAt(at)) {
                case '`' -> quoted = !quoted;
                case '(' -> parenthesised = !quoted;
                case ')' -> parenthesised = false;
                case ',' -> {
                    if (!quoted && !parenthesised) {
                        parts.add(text.substring(from, at).strip());
                        from = at + 1;
                    }
                }
                default -> {}
            }
        }
        parts.add(text.substring(from).strip());
        return parts;
    }
}
