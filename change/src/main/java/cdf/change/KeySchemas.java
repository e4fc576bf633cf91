package cdf.change;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Holds the schemas of wrapped record keys to a table's key. All keys of a topic begin with the same bytes, up to the
 * payload, so the last ones that were right are remembered. Not thread-safe.
 */
final class KeySchemas {
    private static final byte[] NONE = {};

    private final Set<String> columns = new HashSet<>();
    private byte[] known = NONE;

    KeySchemas(TableSchema table) {
        table.key().forEach(index -> columns.add(table.columns().get(index).name()));
    }

    /** The key's columns that a record key's schema tells, if they are not the table's. */
    Optional<List<String>> otherKey(byte @Nullable [] key) {
        if (key == null || isKnown(key)) {
            return Optional.empty();
        }
        Optional<WrappedSchema> wrapped = WrappedSchema.read(key);
        List<String> names =
                wrapped.map(found -> EventSchema.names(found.schema())).orElse(List.of());
        if (names.isEmpty() || columns.equals(Set.copyOf(names))) {
            wrapped.ifPresent(found -> known = Arrays.copyOf(key, found.payloadFrom()));
            return Optional.empty();
        }
        return Optional.of(names);
    }

    private boolean isKnown(byte[] key) {
        return known != NONE
                && key.length > known.length
                && Arrays.equals(key, 0, known.length, known, 0, known.length);
    }
}
