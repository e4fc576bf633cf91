package cdf.change;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The type of a column. How events write its values is told at {@link EventDecoder}.
 *
 * @param precision a DECIMAL's number of digits, 1 to 38; of a TIMESTAMP, which always holds microseconds, what a bare
 *     integer in an event counts: 3 for milliseconds, 6 for microseconds, 9 for nanoseconds; 0 for the other types
 * @param scale how many of a DECIMAL's digits stand after the point; 0 for the other types
 */
public record ColumnType(Kind kind, int precision, int scale) implements Serializable {
    /** The types without their parameters. */
    public enum Kind {
        STRING,
        BOOLEAN,
        INT,
        BIGINT,
        DOUBLE,
        DECIMAL,
        /** Days since 1970-01-01. */
        DATE,
        /** Microseconds since 1970-01-01T00:00Z. */
        TIMESTAMP,
        BINARY
    }

    /** How a value is kept between being read and being written. */
    enum Storage {
        LONG,
        BYTES,
        UNSCALED
    }

    static final int MILLISECONDS = 3;
    static final int MICROSECONDS = 6;
    static final int NANOSECONDS = 9;

    /** Every number of so many digits fits a long. */
    static final int MAX_LONG_DIGITS = 18;

    private static final int MAX_PRECISION = 38;

    /** Up to two parameters: a type has none, one or two. */
    private static final Pattern TYPE =
            Pattern.compile("([A-Za-z]+)\\s*(?:\\(\\s*(\\d{1,9})\\s*(?:,\\s*(\\d{1,9})\\s*)?\\))?");

    public ColumnType {
        problem(kind, precision, scale).ifPresent(problem -> {
            throw new IllegalStateException("unchecked type: " + problem);
        });
    }

    /** What is wrong with the text of a type; empty when {@link #parse} takes it. */
    static Optional<String> problem(String text) {
        return kind(text)
                .map(kind -> problem(kind, precision(kind, text), parameter(text, 3)))
                .orElseGet(() -> Optional.of("\"" + text + "\" is no type: the types are STRING, BOOLEAN, INT, BIGINT,"
                        + " DOUBLE, DECIMAL(precision,scale), DATE, TIMESTAMP, TIMESTAMP(3), TIMESTAMP(9) and BINARY"));
    }

    /** Reads a type such as {@code decimal(10, 2)}. */
    static ColumnType parse(String text) {
        Kind kind = kind(text).orElseThrow(() -> new IllegalStateException("unchecked type: " + text));
        return new ColumnType(kind, precision(kind, text), parameter(text, 3));
    }

    /** Whether the unscaled value of a DECIMAL is kept as a long, not as a BigInteger. */
    public boolean isLongDecimal() {
        return kind == Kind.DECIMAL && precision <= MAX_LONG_DIGITS;
    }

    Storage storage() {
        return switch (kind) {
            case STRING, BINARY -> Storage.BYTES;
            case DECIMAL -> isLongDecimal() ? Storage.LONG : Storage.UNSCALED;
            case BOOLEAN, INT, BIGINT, DOUBLE, DATE, TIMESTAMP -> Storage.LONG;
        };
    }

    /** The type as {@link #parse} reads it. */
    @Override
    public String toString() {
        return switch (kind) {
            case DECIMAL -> "DECIMAL(" + precision + "," + scale + ")";
            case TIMESTAMP -> precision == MICROSECONDS ? "TIMESTAMP" : "TIMESTAMP(" + precision + ")";
            case STRING, BOOLEAN, INT, BIGINT, DOUBLE, DATE, BINARY -> kind.name();
        };
    }

    private static Optional<Kind> kind(String text) {
        Matcher type = TYPE.matcher(text);
        if (!type.matches()) {
            return Optional.empty();
        }
        String name = type.group(1).toUpperCase(Locale.ROOT);
        return Arrays.stream(Kind.values())
                .filter(kind -> kind.name().equals(name))
                .findFirst();
    }

    private static int precision(Kind kind, String text) {
        return kind == Kind.TIMESTAMP && text.indexOf('(') < 0 ? MICROSECONDS : parameter(text, 2);
    }

    /** A parameter of a type's text; 0 when it is not there. */
    private static int parameter(String text, int group) {
        Matcher type = TYPE.matcher(text);
        return type.matches() && type.group(group) != null ? Integer.parseInt(type.group(group)) : 0;
    }

    private static Optional<String> problem(Kind kind, int precision, int scale) {
        return switch (kind) {
            case DECIMAL ->
                unless(
                        precision >= 1 && precision <= MAX_PRECISION && scale <= precision && scale >= 0,
                        "DECIMAL(" + precision + "," + scale + ") needs a precision from 1 to " + MAX_PRECISION
                                + " and a scale from 0 to the precision");
            case TIMESTAMP ->
                unless(
                        (precision == MILLISECONDS || precision == MICROSECONDS || precision == NANOSECONDS)
                                && scale == 0,
                        "a TIMESTAMP has 3, 6 or 9 digits, for milliseconds, microseconds or nanoseconds");
            case STRING, BOOLEAN, INT, BIGINT, DOUBLE, DATE, BINARY ->
                unless(precision == 0 && scale == 0, kind + " has no precision");
        };
    }

    private static Optional<String> unless(boolean valid, String problem) {
        return valid ? Optional.empty() : Optional.of(problem);
    }
}
