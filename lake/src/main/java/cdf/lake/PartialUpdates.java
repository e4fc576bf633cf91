package cdf.lake;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The updates of a part of a micro-batch whose events do not have the values that they left as they were: what is still
 * missing in the rows that were written, and what was taken for granted of the table. Not thread-safe.
 */
final class PartialUpdates implements Serializable {
    private static final long serialVersionUID = 1L;

    /**
     * An update that came as the first change of its key, or after nothing but such updates: it needs a row in the table.
     *
     * @param sequence the number of the change, {@link Long#MAX_VALUE} if the order is the topic's
     */
    record First(HashedKey key, long sequence) implements Serializable {}

    /** A row that was written without some values. */
    record Row(int key, BitSet missing) implements Serializable {}

    @SuppressWarnings("serial") // an ArrayList
    private final List<First> firsts = new ArrayList<>();

    @SuppressWarnings("serial") // a HashMap
    private final Map<HashedKey, Long> predecessors = new HashMap<>();

    @SuppressWarnings("serial") // an ArrayList
    private final List<Row> rows = new ArrayList<>();

    void addFirst(First first) {
        firsts.add(first);
    }

    /** Notes that an update was seen beside an earlier change of the same part, which has a number. */
    void addPredecessor(long high, long low, long sequence) {
        predecessors.merge(new HashedKey(high, low), sequence, Math::min);
    }

    /** Notes that the row of a key, by its number among those that changed, is not whole; in the order of the keys. */
    void addRow(int key, BitSet missing) {
        rows.add(new Row(key, missing));
    }

    List<First> firsts() {
        return firsts;
    }

    /** Of each key whose updates were seen beside earlier changes, the lowest number of these. */
    Map<HashedKey, Long> predecessors() {
        return predecessors;
    }

    List<Row> rows() {
        return rows;
    }
}
