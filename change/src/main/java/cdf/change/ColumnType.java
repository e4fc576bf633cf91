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

    static final ColumnType STRING = new ColumnType(Kind.STRING, 0, 0);
    static final ColumnType BOOLEAN = new ColumnType(Kind.BOOLEAN, 0, 0);
    static final ColumnType INT = new ColumnType(Kind.INT, 0, 0);
    static final ColumnType BIGINT = new ColumnType(Kind.BIGINT, 0, 0);
    static final ColumnType DOUBLE = new ColumnType(Kind.DOUBLE, 0, 0);
    static final ColumnType DATE = new ColumnType(Kind.DATE, 0, 0);
    static final ColumnType TIMESTAMP = new ColumnType(Kind.TIMESTAMP, 6, 0);
    static final ColumnType BINARY = new ColumnType(Kind.BINARY, 0, 0);

    static final int MILLISECONDS = 3;
    static final int MICROSECONDS = 6;
    static final int NANOSECONDS = 9;

    /** Every number of so many digits fits a long. */
    static final int MAX_LONG_DIGITS = 18;

    static final int MAX_PRECISION = 38;

    /** What Delta Lake wants of a DECIMAL that an INT, or a BIGINT, becomes. */
    private static final int INT_DIGITS = 10;

    private static final int BIGINT_DIGITS = 20;

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

    /**
     * The type that has every value of this one, which data files hold, and of another, in a way that Delta Lake can go
     * (Delta Lake documentation, "Type widening"); empty if there is none.
     */
    Optional<ColumnType> widened(ColumnType other) {
        if (equals(other) || (kind == Kind.BIGINT && other.kind == Kind.INT)) {
            return Optional.of(this);
        }
        return switch (kind) {
            case INT ->
                switch (other.kind) {
                    case BIGINT, DOUBLE -> Optional.of(other);
                    case DECIMAL -> new ColumnType(Kind.DECIMAL, INT_DIGITS, 0).widened(other);
                    case STRING, BOOLEAN, INT, DATE, TIMESTAMP, BINARY -> Optional.empty();
                };
            case BIGINT ->
                other.kind == Kind.DECIMAL
                        ? new ColumnType(Kind.DECIMAL, BIGINT_DIGITS, 0).widened(other)
                        : Optional.empty();
            case DOUBLE -> other.kind == Kind.INT ? Optional.of(this) : Optional.empty();
            case DECIMAL -> widenedDecimal(other);
            case TIMESTAMP -> other.kind == Kind.TIMESTAMP ? Optional.of(this) : Optional.empty();
            case STRING, BOOLEAN, DATE, BINARY -> Optional.empty();
        };
    }

    /** The same for a column of the key: the {@linkplain KeyHash hashes} of the values that there are must stay. */
    Optional<ColumnType> widenedKey(ColumnType other) {
        return widened(other).filter(wider -> switch (kind) {
            case INT, BIGINT -> wider.kind != Kind.DECIMAL;
            case DECIMAL -> wider.scale == scale && wider.storage() == storage();
            case STRING, BOOLEAN, DOUBLE, DATE, TIMESTAMP, BINARY -> true;
        });
    }

    private Optional<ColumnType> widenedDecimal(ColumnType other) {
        return switch (other.kind) {
            case INT -> widenedDecimal(new ColumnType(Kind.DECIMAL, INT_DIGITS, 0));
            case BIGINT -> widenedDecimal(new ColumnType(Kind.DECIMAL, BIGINT_DIGITS, 0));
            case DECIMAL -> {
                int after = Math.max(scale, other.scale);
                int digits = Math.max(precision - scale, other.precision - other.scale) + after;
                yield digits <= MAX_PRECISION
                        ? Optional.of(new ColumnType(Kind.DECIMAL, digits, after))
                        : Optional.empty();
            }
            case STRING, BOOLEAN, DOUBLE, DATE, TIMESTAMP, BINARY -> Optional.empty();
        };
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
