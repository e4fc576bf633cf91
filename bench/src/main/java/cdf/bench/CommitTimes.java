package cdf.bench;

import cdf.lake.AppliedBatch;
import org.HdrHistogram.Histogram;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/** Notes which commit had which events, and ends when all are committed. */
final class CommitTimes extends AppliedBatches {
    private final int events;
    private final List<Long> committedNanos = new ArrayList<>();
    private final CountDownLatch first = new CountDownLatch(1);
    private Runnable allCommitted = () -> {};

    CommitTimes(int events) {
        this.events = events;
    }

    /** Says what to do when all are committed; before the first is. */
    void whenAllCommitted(Runnable action) {
        allCommitted = action;
    }

    @Override
    public void onBatch(AppliedBatch batch) {
        committedNanos.add(System.nanoTime());
        super.onBatch(batch);
        first.countDown();
        if (committedEvents(batch) == events) {
            allCommitted.run();
        }
    }

    /** Waits, in any thread, until something is committed: from then on the query runs. */
    void awaitFirst() {
        try {
            first.await();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** The number of the first batch that has an event after so many. */
    int firstAfter(long count) {
        int number = 0;
        while (committedEvents(batch(number)) <= count) {
            number++;
        }
        return number;
    }

    private static long committedEvents(AppliedBatch batch) {
        return batch.positions().values().stream().mapToLong(Long::longValue).sum();
    }

    /** From the time that each event was due to its commit, in microseconds; the first ones are left out. */
    Histogram latencyMicros(SentEvents sent, int warmUp) {
        Histogram micros = new Histogram(3);
        long[] offsets = new long[ChangeTopic.PARTITIONS];
        int[] commits = new int[ChangeTopic.PARTITIONS];
        for (int event = 0; event < sent.size(); event++) {
            int partition = sent.partition(event);
            long offset = offsets[partition]++;
            while (batch(commits[partition]).positions().getOrDefault(partition, 0L) <= offset) {
                commits[partition]++;
            }
            if (event >= warmUp) {
                micros.recordValue((committedNanos.get(commits[partition]) - sent.dueNanos(event)) / 1000);
            }
        }
        return micros;
    }
}
