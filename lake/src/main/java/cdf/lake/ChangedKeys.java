package cdf.lake;

import java.io.Serializable;

/** The keys that one task found changed, in the order in which it wrote their rows: what the driver gets to see of them. */
final class ChangedKeys implements Serializable {
    private static final long serialVersionUID = 1L;

    /** Of each key its hash, high and low. */
    private final long[] hashes;

    private final short[] partitions;
    private final boolean[] deleted;
    private final long[] sequences;

    /** @param sequences the number of each key's change; none at all if the order is the topic's */
    ChangedKeys(long[] hashes, short[] partitions, boolean[] deleted, long[] sequences) {
        this.hashes = hashes;
        this.partitions = partitions;
        this.deleted = deleted;
        this.sequences = sequences;
    }

    int size() {
        return deleted.length;
    }

    long high(int key) {
        return hashes[2 * key];
    }

    long low(int key) {
        return hashes[2 * key + 1];
    }

    /** The topic partition that the key's changes came from. */
    int partition(int key) {
        return partitions[key];
    }

    /** Whether the last change was a delete, so that no row of the key was written. */
    boolean deleted(int key) {
        return deleted[key];
    }

    /** The number of the key's change, if changes have one. */
    long sequence(int key) {
        return sequences[key];
    }
}
