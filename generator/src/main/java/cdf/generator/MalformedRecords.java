package cdf.generator;

import cdf.change.Envelope;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import java.util.function.UnaryOperator;

/**
 * Records that are no events of the users table, for testing what a consumer does with them. Their keys are of no row of
 * the workload, so they change nothing that is true. The kinds take turns; when one comes is drawn from the seed.
 *
 * <p>They are what a table of two texts and a BIGINT can be poisoned with, but for a value of 10 MB: by default a broker
 * takes 1 MB. Not thread-safe.
 */
public final class MalformedRecords {
    private static final int NESTING = 5_000;
    private static final long UNRELATED_SEED = 0x5DEECE66DL;
    private static final String BALANCE = "512";

    /** What can be wrong with a record. */
    @SuppressWarnings("ImmutableEnumChecker") // Its functions are static: they have no state.
    public enum Kind {
        BROKEN_JSON(id -> "{op: c, after: " + id + "}"),
        NO_JSON(id -> "no event but " + id),
        TRUNCATED(id -> created(row(id)), MalformedRecords::truncated),
        NOT_UTF8(id -> created(row(id)), MalformedRecords::withInvalidByte),
        UTF16(id -> created(row(id)), MalformedRecords::utf16),
        BINARY(id -> id, MalformedRecords::binary),
        EMPTY(id -> ""),
        BLANK(id -> "  "),
        ARRAY(id -> "[" + created(row(id)) + "]"),
        TEXT(MalformedRecords::quoted),
        NULL(id -> "null"),
        TWO_VALUES(id -> created(row(id)) + created(row(id))),
        LEADING_ZERO(id -> created(row(quoted(id), "0" + BALANCE))),
        HALF_SURROGATE_PAIR(id -> created(row(quoted(id + "\\ud83d"), BALANCE))),
        TOO_DEEP(id -> withMore(id, "[".repeat(NESTING) + "]".repeat(NESTING))),
        TOO_DEEP_IN_OBJECTS(id -> withMore(id, "{\"a\":".repeat(NESTING) + "1" + "}".repeat(NESTING))),
        DUPLICATE_FIELD(id -> created("{" + field(UsersTable.ID, quoted(id)) + "," + row(id).substring(1))),
        DUPLICATE_OPERATION(
                id -> "{" + operation("u") + "," + event("d", row(id)).substring(1)),

        EMPTY_OBJECT(id -> "{}"),
        OPERATION_MISSING(id -> "{" + field(Envelope.AFTER, row(id)) + "}"),
        OPERATION_NULL(id -> "{" + field(Envelope.OPERATION, "null") + "," + field(Envelope.AFTER, row(id)) + "}"),
        OPERATION_NUMBER(id -> "{" + field(Envelope.OPERATION, "1") + "," + field(Envelope.AFTER, row(id)) + "}"),
        OPERATION_UNKNOWN(id -> event("x", row(id))),
        OPERATION_IN_CAPITALS(id -> event("C", row(id))),
        TIMESTAMP_TEXT(id -> "{" + operation("c") + "," + field(Envelope.TIMESTAMP, quoted("now")) + ","
                + field(Envelope.AFTER, row(id)) + "}"),
        AFTER_MISSING(id -> "{" + operation("c") + "}"),
        AFTER_NULL(id -> changed(row(id), "null")),
        AFTER_ARRAY(id -> created("[" + row(id) + "]")),
        BEFORE_TEXT(id -> "{" + operation("d") + "," + field(Envelope.BEFORE, quoted(id)) + "}"),
        PAYLOAD_NULL(id -> wrapped("null")),
        PAYLOAD_UNKNOWN_OPERATION(id -> wrapped(event("?", row(id)))),

        KEY_MISSING(id -> created("{" + field(UsersTable.BALANCE, BALANCE) + "}")),
        KEY_NULL(id -> created(row("null", BALANCE))),
        KEY_WRONG_TYPE(id -> created(row("5", BALANCE))),
        KEY_WRONG_TYPE_IN_DELETE(id -> deleted(row("true", BALANCE))),
        KEY_CHANGED(id -> changed(row(quoted("not " + id), BALANCE), row(id))),
        /** The last place that can tell the row of a delete without before, the record's key, has nothing, */
        RECORD_KEY_MISSING(id -> deleted("null")),
        RECORD_AND_BEFORE_WITHOUT_KEY(id -> deleted("{" + field(UsersTable.BALANCE, BALANCE) + "}")),
        /** or no text, */
        RECORD_KEY_NOT_UTF8(id -> deleted("null")),
        /** or not the column that is the table's key. */
        RECORD_KEY_INCOMPLETE(id -> deleted("null")),

        NAME_WRONG_TYPE(id -> created(row(quoted(id), "5", BALANCE))),
        NAME_OBJECT(id -> created(row(quoted(id), "{\"first\":\"Malformed\"}", BALANCE))),
        WRONG_TYPE(id -> created(row(quoted(id), quoted("much")))),
        QUOTED_NUMBER(id -> created(row(quoted(id), quoted(BALANCE)))),
        OVERFLOW(id -> created(row(quoted(id), "9223372036854775808"))),
        FRACTION(id -> created(row(quoted(id), "512.5"))),
        ZERO_FRACTION(id -> created(row(quoted(id), "512.0"))),
        EXPONENT(id -> created(row(quoted(id), "1e0")));

        private final UnaryOperator<String> text;
        private final UnaryOperator<byte[]> spoiling;

        Kind(UnaryOperator<String> text) {
            this(text, UnaryOperator.identity());
        }

        Kind(UnaryOperator<String> text, UnaryOperator<byte[]> spoiling) {
            this.text = text;
            this.spoiling = spoiling;
        }

        byte[] value(String id) {
            return spoiling.apply(utf8(text.apply(id)));
        }

        byte @Nullable [] key(String id) {
            if (this == RECORD_KEY_MISSING || this == RECORD_AND_BEFORE_WITHOUT_KEY) {
                return null;
            }
            if (this == RECORD_KEY_NOT_UTF8) {
                return withInvalidByte(utf8(id));
            }
            return this == RECORD_KEY_INCOMPLETE ? utf8("{" + field(UsersTable.NAME, quoted(id)) + "}") : utf8(id);
        }
    }

    /** A malformed record; some kinds have no key. */
    @SuppressWarnings("ArrayRecordComponent") // Nobody compares records; Kafka wants their bytes as arrays.
    public record MalformedRecord(Kind kind, byte @Nullable [] key, byte[] value) {}

    private static final Kind[] KINDS = Kind.values();

    private final SplitMix64 random;
    private final double rate;
    private int made;

    /** @param rate how often {@link #strikes()}, from 0, never, to 1, always */
    public MalformedRecords(long seed, double rate) {
        this.random = new SplitMix64(seed ^ UNRELATED_SEED);
        this.rate = rate;
    }

    /** Draws whether it is time for a malformed record. */
    public boolean strikes() {
        return random.strikes(rate);
    }

    /** Makes the next malformed record, with a key that no row has. */
    public MalformedRecord next() {
        Kind kind = KINDS[made++ % KINDS.length];
        String id = new UUID(random.next(), random.next()).toString();
        return new MalformedRecord(kind, kind.key(id), kind.value(id));
    }

    private static byte[] truncated(byte[] sound) {
        return Arrays.copyOf(sound, sound.length / 2);
    }

    /** Puts 0xFF, which stands nowhere in UTF-8, into the text of the id. */
    private static byte[] withInvalidByte(byte[] sound) {
        sound[new String(sound, StandardCharsets.UTF_8).indexOf('-')] = (byte) 0xFF;
        return sound;
    }

    private static byte[] utf16(byte[] sound) {
        return new String(sound, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_16BE);
    }

    private static byte[] binary(byte[] sound) {
        return new byte[] {0, 1, 2, 3, sound[0]};
    }

    private static String created(String after) {
        return event("c", after);
    }

    private static String changed(String before, String after) {
        return "{" + operation("u") + "," + field(Envelope.BEFORE, before) + "," + field(Envelope.AFTER, after) + "}";
    }

    private static String deleted(String before) {
        return "{" + operation("d") + "," + field(Envelope.BEFORE, before) + "," + field(Envelope.AFTER, "null") + "}";
    }

    private static String event(String operation, String after) {
        return "{" + operation(operation) + "," + field(Envelope.TIMESTAMP, "0") + "," + field(Envelope.BEFORE, "null")
                + "," + field(Envelope.AFTER, after) + "}";
    }

    private static String withMore(String id, String json) {
        return "{" + operation("c") + "," + field(Envelope.AFTER, row(id)) + "," + field("more", json) + "}";
    }

    private static String wrapped(String payload) {
        return "{" + field(Envelope.SCHEMA, "{}") + "," + field(Envelope.PAYLOAD, payload) + "}";
    }

    private static String operation(String letter) {
        return field(Envelope.OPERATION, quoted(letter));
    }

    private static String row(String id) {
        return row(quoted(id), BALANCE);
    }

    private static String row(String id, String balance) {
        return row(id, quoted("Malformed"), balance);
    }

    private static String row(String id, String name, String balance) {
        return "{" + field(UsersTable.ID, id) + "," + field(UsersTable.NAME, name) + ","
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
