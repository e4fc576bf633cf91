package cdf.bench;

import java.util.Map;

/**
 * When each event of a topic was due to be sent. A partition of a new topic that one thread writes has the events in the
 * order of their sending: the number of an event in its partition is its offset.
 */
final class SentEvents {
    private final int[] partitions;
    private final long[] dueNanos;
    private int size;

    SentEvents(int events) {
        partitions = new int[events];
        dueNanos = new long[events];
    }

    void add(int partition, long due) {
        partitions[size] = partition;
        dueNanos[size] = due;
        size++;
    }

    int size() {
        return size;
    }

    int partition(int event) {
        return partitions[event];
    }

    long dueNanos(int event) {
        return dueNanos[event];
    }

    /** Makes sure that the events are where they were thought to be. */
    void check(Map<Integer, Long> endOffsets) {
        endOffsets.forEach((partition, end) -> {
            long here = 0;
            for (int event = 0; event < size; event++) {
                here += partitions[event] == partition ? 1 : 0;
            }
            if (here != end) {
                throw new IllegalStateException("partition " + partition + " has " + end + " events, not " + here);
            }
        });
    }
}
