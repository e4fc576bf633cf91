package cdf.change;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Where in an event's envelope the number stands that rises with each change of a row, such as {@code source.lsn} or
 * {@code ts_ms}.
 *
 * @param parts the names of the fields, each inside of the one before
 */
public record SequencePath(List<String> parts) implements Serializable {
    /** The fields of the envelope that are no place for such a number. */
    private static final Set<String> TAKEN =
            Set.of(Envelope.OPERATION, Envelope.BEFORE, Envelope.AFTER, Envelope.SCHEMA, Envelope.PAYLOAD);

    public SequencePath {
        parts = List.copyOf(parts);
        Optional<String> problem = problem(parts);
        if (problem.isPresent()) {
            throw new IllegalStateException("unchecked path: " + problem.get());
        }
    }

    /** What is wrong with a path as a user writes it; empty when {@link #parse} takes it. */
    public static Optional<String> problem(String path) {
        return problem(split(path));
    }

    /** Reads a path that has no {@link #problem}: the names of fields with dots between them. */
    public static SequencePath parse(String path) {
        return new SequencePath(split(path));
    }

    private static List<String> split(String path) {
        return Arrays.asList(path.split("\\.", -1));
    }

    private static Optional<String> problem(List<String> parts) {
        if (parts.isEmpty() || !parts.stream().allMatch(Column::isName)) {
            return Optional.of("'" + String.join(".", parts) + "' is no path such as source.lsn or ts_ms");
        }
        boolean insideOfANumber = parts.size() > 1 && parts.get(0).equals(Envelope.TIMESTAMP);
        return insideOfANumber || TAKEN.contains(parts.get(0))
                ? Optional.of("the field \"" + parts.get(0)
                        + "\" of an event has no number that orders changes; name one" + " such as source.lsn or ts_ms")
                : Optional.empty();
    }

    /** The path as {@link #parse} reads it. */
    @Override
    public String toString() {
        return String.join(".", parts);
    }
}
