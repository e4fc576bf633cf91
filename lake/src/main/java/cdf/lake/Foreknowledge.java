package cdf.lake;

import java.io.Serializable;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What a pass must know of the table to deal with partial updates as if it had the table's rows: which keys have no row that an
 * update could leave as it was and, if changes have a sequence, how new the table's rows of some keys are. A pass tells in
 * its {@link PartialUpdates} what it took for granted; where that was wrong, the batch is passed again with more of this.
 *
 * @param absent keys, by their hash, that have no row in the table
 * @param sequences of some keys, by their hash, the number of the newest change in the table
 */
record Foreknowledge(Set<HashedKey> absent, Map<HashedKey, Long> sequences) implements Serializable {
    static final Foreknowledge NONE = new Foreknowledge(Set.of(), Map.of());

    boolean isAbsent(long high, long low) {
        return !absent.isEmpty() && absent.contains(new HashedKey(high, low));
    }

    /** Whether a change of a key is not newer than what the table has. */
    boolean isLate(long high, long low, long sequence) {
        return !sequences.isEmpty() && sequence <= sequences.getOrDefault(new HashedKey(high, low), -1L);
    }

    /** Where the pass was wrong: what it must know as well; the same if it was right in all. */
    Foreknowledge and(Iterable<PartialUpdates> taken, IndexedTable table) {
        Set<HashedKey> moreAbsent = new HashSet<>(absent);
        Map<HashedKey, Long> moreSequences = new HashMap<>(sequences);
        for (PartialUpdates updates : taken) {
            for (PartialUpdates.First first : updates.firsts()) {
                HashedKey key = first.key();
                long known = table.sequence(key.high(), key.low());
                if (first.sequence() > known && !table.has(key.high(), key.low())) {
                    moreAbsent.add(key);
                    if (known != KeyIndex.ABSENT) {
                        moreSequences.put(key, known); // it was deleted then
                    }
                }
            }
            updates.predecessors().forEach((key, sequence) -> {
                long known = table.sequence(key.high(), key.low());
                if (sequence <= known) {
                    moreSequences.put(key, known);
                }
            });
        }
        return new Foreknowledge(moreAbsent, moreSequences);
    }
}
