package cdf.bench;

import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;

import java.lang.management.ManagementFactory;

/** What the index of a large table takes: memory, and time to be read from the table. */
final class IndexPart {
    private static final String TOPIC = "index";

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    IndexPart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
    }

    void measure() {
        report.title("index: a table of %,d rows", sizes.indexedRows());
        ChangeTopic topic = new ChangeTopic(bench.topics(), TOPIC, sizes.indexedRows());
        String table = bench.table(TOPIC);
        topic.publish(sizes.indexedRows());
        bench.applyOnce(TOPIC, table, ApplySettings.DEFAULT_MAX_BATCH_EVENTS, new ApplyListener() {});
        topic.publish(sizes.smallBatch());

        // A second run reads the index from the table; its one batch shows the heap with the index in it.
        Restart restart = new Restart();
        ApplySummary summary = bench.applyOnce(TOPIC, table, ApplySettings.DEFAULT_MAX_BATCH_EVENTS, restart);
        report.figure("indexedRowsPerSecond", restart.rowsPerSecond);
        report.figure("indexBytesPerRow", (double) summary.indexBytes() / summary.rows());
        report.figure("heapMegabytes", restart.heapBytes / 1e6);
    }

    /** Notes how fast the index is read, and the heap that is in use then. */
    private static final class Restart implements ApplyListener {
        private final long beginNanos = System.nanoTime();
        private double rowsPerSecond;
        private long heapBytes;

        @Override
        public void onIndexing(long rows, long of) {
            rowsPerSecond = rows / ((System.nanoTime() - beginNanos) / 1e9);
        }

        @Override
        public void onBatch(AppliedBatch batch) {
            System.gc();
            heapBytes = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
        }
    }
}
