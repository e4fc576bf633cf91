package cdf.lake;

import java.io.Serializable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a pass must know of the table to deal with partial updates as if it had the table's rows: which of them have no row
 * that they could leave as it was and, if changes have a sequence, how new the table's rows of some keys are. A pass tells in
 * its {@link PartialUpdates} what it took for granted; where that was wrong, the batch is passed again with more of this.
 *
 * @param orphans of each topic partition the offsets of the updates that have no row
 * @param sequences of some keys, by their hash, the number of the newest change in the table
 */
record Foreknowledge(Map<Integer, Set<Long>> orphans, Map<HashedKey, Long> sequences) implements Serializable {
    static final Foreknowledge NONE = new Foreknowledge(Map.of(), Map.of());

    boolean isOrphan(int partition, long offset) {
        Set<Long> offsets = orphans.get(partition);
        return offsets != null && offsets.contains(offset);
    }

    /** Whether a change of a key is not newer than what the table has. */
    boolean isLate(long high, long low, long sequence) {
        return !sequences.isEmpty() && sequence <= sequences.getOrDefault(new HashedKey(high, low), -1L);
    }

    /** Where the pass was wrong: what it must know as well; the same if it was right in all. */
    Foreknowledge and(Iterable<PartialUpdates> taken, IndexedTable table) {
        Map<Integer, Set<Long>> moreOrphans = new HashMap<>();
        orphans.forEach((partition, offsets) -> moreOrphans.put(partition, new HashSet<>(offsets)));
        Map<HashedKey, Long> moreSequences = new HashMap<>(sequences);
        for (PartialUpdates updates : taken) {
            for (PartialUpdates.First first : updates.firsts()) {
                boolean late = first.sequence() <= table.sequence(first.high(), first.low());
                if (!late && !table.has(first.high(), first.low())) {
                    moreOrphans
                            .computeIfAbsent(first.partition(), none -> new HashSet<>())
                            .add(first.offset());
                }
            }
            updates.predecessors().forEach((key, sequence) -> {
                long known = table.sequence(key.high(), key.low());
                if (sequence <= known) {
                    moreSequences.put(key, known);
                }
            });
        }
        return new Foreknowledge(moreOrphans, moreSequences);
    }
}
