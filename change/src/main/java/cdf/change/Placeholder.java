package cdf.change;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.UUID;

/**
 * What Debezium writes where it does not know a value because an update left it as it was, out of line in the database
 * (Debezium documentation, "Debezium connector for PostgreSQL", "Toasted values"): a fixed text, its bytes, an array of one
 * of these, of the bytes as numbers or of a UUID made of them, or a map of the text.
 */
final class Placeholder {
    private static final String TEXT = "__debezium_unavailable_value";
    private static final byte[] BYTES = TEXT.getBytes(StandardCharsets.US_ASCII);
    private static final byte[][] NESTED = nested();

    private Placeholder() {}

    private static byte[][] nested() {
        List<String> numbers = new ArrayList<>();
        for (byte each : BYTES) {
            numbers.add(Byte.toString(each));
        }
        return List.of(
                        "[\"" + TEXT + "\"]",
                        "{\"" + TEXT + "\":\"" + TEXT + "\"}",
                        "[\"" + Base64.getEncoder().encodeToString(BYTES) + "\"]",
                        "[" + String.join(",", numbers) + "]",
                        "[\"" + UUID.nameUUIDFromBytes(BYTES) + "\"]")
                .stream()
                .map(json -> json.getBytes(StandardCharsets.US_ASCII))
                .toArray(byte[][]::new);
    }

    /** Whether a text, or the value of a BINARY, stands for one that is not known. */
    static boolean is(byte[] value, int from, int to) {
        return to - from == BYTES.length && Arrays.equals(value, from, to, BYTES, 0, BYTES.length);
    }

    /** Whether compact JSON stands for a value that is not known. */
    static boolean isNested(byte[] value, int from, int to) {
        if (to == from || (value[from] != '[' && value[from] != '{')) {
            return false;
        }
        for (byte[] form : NESTED) {
            if (Arrays.equals(value, from, to, form, 0, form.length)) {
                return true;
            }
        }
        return false;
    }
}
