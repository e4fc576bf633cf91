package cdf.generator;

import cdf.change.Envelope;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;

/**
 * Records that are no events of the users table, for testing what a consumer does with them. Their keys are of no row of
 * the workload, so they change nothing that is true. The kinds take turns; when one comes is drawn from the seed.
 *
 * <p>Not thread-safe.
 */
public final class MalformedValues {
    private static final int NESTING = 5_000;
    private static final long UNRELATED_SEED = 0x5DEECE66DL;

    /** What can be wrong with a value. */
    public enum Kind {
        BROKEN_JSON,
        TRUNCATED,
        NOT_UTF8,
        EMPTY,
        ARRAY,
        OPERATION_MISSING,
        OPERATION_UNKNOWN,
        AFTER_MISSING,
        KEY_MISSING,
        KEY_NULL,
        WRONG_TYPE,
        OVERFLOW,
        FRACTION,
        TOO_DEEP,
        DUPLICATE_FIELD
    }

    private static final Kind[] KINDS = Kind.values();

    private final SplitMix64 random;
    private final double rate;
    private int made;

    /** @param rate how often {@link #strikes()}, from 0, never, to 1, always */
    public MalformedValues(long seed, double rate) {
        this.random = new SplitMix64(seed ^ UNRELATED_SEED);
        this.rate = rate;
    }

    /** Draws whether it is time for a malformed record. */
    public boolean strikes() {
        return rate > 0 && (random.next() >>> 11) * 0x1p-53 < rate;
    }

    /** Makes the next one's key, which no row has. */
    public byte[] key() {
        return utf8(newId());
    }

    /** Makes the next malformed value. */
    public byte[] next() {
        return value(KINDS[made++ % KINDS.length], newId());
    }

    private String newId() {
        return new UUID(random.next(), random.next()).toString();
    }

    static byte[] value(Kind kind, String id) {
        String sound = row(quoted(id), "512");
        return switch (kind) {
            case BROKEN_JSON -> utf8("{op: c, after: " + id + "}");
            case TRUNCATED -> truncated(utf8(created(sound)));
            case NOT_UTF8 -> withInvalidByte(utf8(created(sound)));
            case EMPTY -> new byte[0];
            case ARRAY -> utf8("[" + created(sound) + "]");
            case OPERATION_MISSING -> utf8("{" + field(Envelope.AFTER, sound) + "}");
            case OPERATION_UNKNOWN -> utf8(event("x", sound));
            case AFTER_MISSING -> utf8("{" + field(Envelope.OPERATION, quoted("c")) + "}");
            case KEY_MISSING -> utf8(created("{" + field(UsersTable.BALANCE, "512") + "}"));
            case KEY_NULL -> utf8(created(row("null", "512")));
            case WRONG_TYPE -> utf8(created(row(quoted(id), quoted("much"))));
            case OVERFLOW -> utf8(created(row(quoted(id), "9223372036854775808")));
            case FRACTION -> utf8(created(row(quoted(id), "512.5")));
            case TOO_DEEP -> utf8(created("[".repeat(NESTING) + "]".repeat(NESTING)));
            case DUPLICATE_FIELD -> utf8(created("{" + field(UsersTable.ID, quoted(id)) + "," + sound.substring(1)));
        };
    }

    private static byte[] truncated(byte[] sound) {
        return Arrays.copyOf(sound, sound.length / 2);
    }

    /** Puts 0xFF, which stands nowhere in UTF-8, into the text of the id. */
    private static byte[] withInvalidByte(byte[] sound) {
        sound[new String(sound, StandardCharsets.UTF_8).indexOf('-')] = (byte) 0xFF;
        return sound;
    }

    private static String created(String after) {
        return event("c", after);
    }

    private static String event(String operation, String after) {
        return "{" + field(Envelope.OPERATION, quoted(operation)) + "," + field(Envelope.TIMESTAMP, "0") + ","
                + field(Envelope.BEFORE, "null") + "," + field(Envelope.AFTER, after) + "}";
    }

    private static String row(String id, String balance) {
        return "{" + field(UsersTable.ID, id) + "," + field(UsersTable.NAME, quoted("Malformed")) + ","
                + field(UsersTable.BALANCE, balance) + "}";
    }

    private static String field(String name, String json) {
        return quoted(name) + ":" + json;
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
