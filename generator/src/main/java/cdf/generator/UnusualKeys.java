package cdf.generator;

import com.fasterxml.jackson.core.io.JsonStringEncoder;

import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.UUID;

/**
 * The text of every row's id: for a share of the rows, characters that a consumer may stumble over. All of it follows
 * from the id that the workload knows the row by, so that nothing is kept for it. Different rows have different texts.
 * Thread-safe.
 */
public final class UnusualKeys {
    /** All ids as they are. */
    public static final UnusualKeys NONE = new UnusualKeys(0);

    private static final long UNRELATED_KEY = 0x2545_f491_4f6c_dd1dL;
    private static final int LONG = 1_000;
    /** Zero width space, non-joiner, joiner and word joiner: two bits of an id each. */
    private static final String INVISIBLE = "\u200b\u200c\u200d\u2060";

    /** What can be unusual about an id. */
    public enum Kind {
        /** A JSON text by itself. */
        QUOTES,
        /** And what looks like an escape. */
        BACKSLASHES,
        CONTROL_CHARACTERS,
        /** One of several code points, and above U+FFFF. */
        EMOJI,
        RIGHT_TO_LEFT,
        LEADING_AND_TRAILING_SPACES,
        EMPTY_LOOKING,
        /** 1,000 characters that differ only at their end. */
        LONG,
        /** A JSON object by itself. */
        JSON_OBJECT
    }

    private static final Kind[] KINDS = Kind.values();

    private final double share;

    /** @param share the share of the rows with unusual ids, 0 to 1 */
    public UnusualKeys(double share) {
        this.share = share;
    }

    /** What is unusual about the id of this row, if something is. */
    public Optional<Kind> kind(UUID row) {
        if (share == 0) {
            return Optional.empty();
        }
        long drawn = SplitMix64.mix(row.getLeastSignificantBits() ^ UNRELATED_KEY);
        return SplitMix64.fraction(drawn) < share
                ? Optional.of(KINDS[(int) Long.remainderUnsigned(SplitMix64.mix(drawn), KINDS.length)])
                : Optional.empty();
    }

    /** The row's id in the table. */
    public String id(UUID row) {
        return kind(row).map(kind -> text(kind, row)).orElseGet(row::toString);
    }

    /** The row's id in a JSON text, without the quotes around it. */
    byte[] json(UUID row) {
        return JsonStringEncoder.getInstance().quoteAsUTF8(id(row));
    }

    /**
     * The key of the row's records: the id itself, but as JSON text in quotes if its reader could else take it for JSON,
     * because it begins as an object or a text does.
     */
    byte[] recordKey(UUID row) {
        String id = id(row);
        boolean looksLikeJson = id.startsWith("{") || id.startsWith("\"");
        return (looksLikeJson
                        ? '"' + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(id)) + '"'
                        : id)
                .getBytes(StandardCharsets.UTF_8);
    }

    static String text(Kind kind, UUID row) {
        return switch (kind) {
            case QUOTES -> "\"" + row + "\"";
            case BACKSLASHES -> "\\u0041\\n" + row + "\\";
            case CONTROL_CHARACTERS -> "\0\t\r\n\u001b[31m" + row + "\u007f\u0085";
            case EMOJI -> "\uD83D\uDE00\uD83D\uDC69\u200D\uD83D\uDC67\u2764\uFE0F" + row;
            case RIGHT_TO_LEFT -> "\u202e\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627" + row;
            case LEADING_AND_TRAILING_SPACES -> "  " + row + " ";
            case EMPTY_LOOKING -> invisible(row.getMostSignificantBits()) + invisible(row.getLeastSignificantBits());
            case LONG -> "long".repeat((LONG - row.toString().length()) / 4) + row;
            case JSON_OBJECT -> "{\"" + UsersTable.ID + "\":\"" + row + "\"}";
        };
    }

    private static String invisible(long bits) {
        StringBuilder text = new StringBuilder();
        for (int shift = Long.SIZE - 2; shift >= 0; shift -= 2) {
            text.append(INVISIBLE.charAt((int) (bits >>> shift) & 0b11));
        }
        return text.toString();
    }
}
