package cdf.postgres;

import java.util.Locale;

/** A position in a PostgreSQL server's write-ahead log: a log sequence number, unsigned. */
public record Lsn(long value) implements Comparable<Lsn> {
    /** Before everything. */
    public static final Lsn NONE = new Lsn(0);

    /** Reads PostgreSQL's text, such as {@code 16/B374D848}. */
    public static Lsn parse(String text) {
        String[] halves = text.split("/", 2);
        return new Lsn(Long.parseLong(halves[0], 16) << Integer.SIZE | Long.parseLong(halves[1], 16));
    }

    /** How many bytes of the log are between an earlier position and this one. */
    public long minus(Lsn earlier) {
        return value - earlier.value;
    }

    @Override
    public int compareTo(Lsn other) {
        return Long.compareUnsigned(value, other.value);
    }

    @Override
    public String toString() {
        return String.format(Locale.ROOT, "%X/%X", value >>> Integer.SIZE, value & 0xFFFF_FFFFL);
    }
}
