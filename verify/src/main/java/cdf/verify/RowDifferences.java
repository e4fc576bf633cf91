package cdf.verify;

import cdf.verify.RowDifference.Kind;

import java.util.List;
import java.util.Map;

/**
 * The rows that are not as they should be.
 *
 * @param counts by kind, without zeros
 * @param first the first {@value #SHOWN} of them
 */
public record RowDifferences(Map<Kind, Long> counts, List<RowDifference> first) {
    static final int SHOWN = 20;

    public RowDifferences {
        counts = Map.copyOf(counts);
        first = List.copyOf(first);
    }

    public long total() {
        return counts.values().stream().mapToLong(Long::longValue).sum();
    }
}
