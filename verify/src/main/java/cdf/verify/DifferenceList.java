package cdf.verify;

import cdf.change.TableSchema;
import cdf.verify.RowDifference.Kind;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Collects differences: all are counted, the first are kept. Not thread-safe. */
final class DifferenceList {
    private final RowText text;
    private final Map<Kind, Long> counts = new EnumMap<>(Kind.class);
    private final List<RowDifference> first = new ArrayList<>();

    DifferenceList(TableSchema schema) {
        this.text = new RowText(schema);
    }

    /** Notes a row if it is another than expected; at least one of the two is there. */
    void compare(@Nullable List<@Nullable Object> table, @Nullable List<@Nullable Object> expected) {
        if (table != null && !table.equals(expected)) {
            add(expected == null ? Kind.EXTRA : Kind.DIFFERENT, table, table, expected);
        } else if (table == null && expected != null) {
            add(Kind.MISSING, expected, null, expected);
        }
    }

    private void add(
            Kind kind,
            List<@Nullable Object> keyed,
            @Nullable List<@Nullable Object> table,
            @Nullable List<@Nullable Object> expected) {
        counts.merge(kind, 1L, Long::sum);
        if (first.size() < RowDifferences.SHOWN) {
            first.add(new RowDifference(
                    kind,
                    text.key(keyed),
                    Optional.ofNullable(table).map(text::row),
                    Optional.ofNullable(expected).map(text::row)));
        }
    }

    RowDifferences differences() {
        return new RowDifferences(counts, first);
    }
}
