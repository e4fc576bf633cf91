package cdf.bench;

import cdf.bench.MergePeer.MergedBatch;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Many changes in large batches. */
final class BulkPart {
    private static final String TOPIC = "bulk";

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    BulkPart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
        new ChangeTopic(bench.topics(), TOPIC, sizes.bulkRows()).publish(sizes.bulkEvents());
    }

    void measureBulk() {
        Rates rates = measure("bulk", sizes.bulkBatch(), sizes.mergedBatches());
        report.figure("eventsPerSecond", rates.applied());
        report.figure("mergeEventsPerSecond", rates.merged());
        report.figure("bulkRatio", rates.applied() / rates.merged());
    }

    void measureLarge() {
        Rates rates = measure("large", sizes.largeBatch(), sizes.mergedLargeBatches());
        report.figure("largeBatchEventsPerSecond", rates.applied());
        report.figure("mergeLargeBatchEventsPerSecond", rates.merged());
        report.figure("largeBatchRatio", rates.applied() / rates.merged());
    }

    /** Events a second, without the batches that warm up. */
    private record Rates(double applied, double merged) {}

    private Rates measure(String name, long batchEvents, int mergedBatches) {
        report.title(
                "%s: %,d events on %,d rows in batches of %,d; MERGE on the first %d of them",
                name, sizes.bulkEvents(), sizes.bulkRows(), batchEvents, sizes.warmUpBatches() + mergedBatches);
        String table = bench.table(name);
        AppliedBatches applied = new AppliedBatches();
        bench.applyOnce(TOPIC, table, batchEvents, applied);
        double applyCollection = report.secondsOfCollection();
        List<MergedBatch> merged = merge(name, batchEvents, sizes.warmUpBatches() + mergedBatches);
        double mergeCollection = report.secondsOfCollection();

        int full = applied.fullSize(batchEvents);
        print(applied, full, merged);
        Map<String, Double> stages = new LinkedHashMap<>(applied.meanStages(sizes.warmUpBatches(), full));
        stages.putAll(applied.meanBetween(sizes.warmUpBatches(), full));
        report.stages("cdf apply, a batch", stages);
        report.line("  garbage collection: cdf apply %.1f s, MERGE %.1f s", applyCollection, mergeCollection);
        Tables.requireEqual(
                Tables.version(
                        bench.session(), table, applied.batch(merged.size() - 1).tableVersion()),
                Tables.newest(bench.session(), bench.table(name + "-merge")));
        return new Rates(
                applied.eventsPerSecond(sizes.warmUpBatches(), full),
                mergedPerSecond(applied, merged, sizes.warmUpBatches(), merged.size()));
    }

    private List<MergedBatch> merge(String name, long batchEvents, int batches) {
        MergePeer peer = new MergePeer(bench.topics(), TOPIC, Path.of(bench.table(name + "-merge")));
        peer.create(bench.session());
        List<MergedBatch> merged = new ArrayList<>();
        peer.run(bench.session(), Map.of(), batchEvents, batches, merged::add);
        return merged;
    }

    private void print(AppliedBatches applied, int full, List<MergedBatch> merged) {
        report.line("  %-16s %16s %16s", "batch", "cdf apply/s", "MERGE/s");
        for (int number = 0; number < full; number++) {
            report.line(
                    "  %-16s %,16.0f %16s",
                    (number + 1) + (number < sizes.warmUpBatches() ? " (warms up)" : ""),
                    applied.eventsPerSecond(number, number + 1),
                    number < merged.size()
                            ? String.format(Locale.ROOT, "%,.0f", mergedPerSecond(applied, merged, number, number + 1))
                            : "");
        }
    }

    /** The batches are the same on both sides, so their events are as well. */
    private static double mergedPerSecond(AppliedBatches applied, List<MergedBatch> merged, int from, int to) {
        long events = 0;
        Duration time = Duration.ZERO;
        for (int number = from; number < to; number++) {
            events += applied.events(number);
            time = time.plus(merged.get(number).sinceLast());
        }
        return events / (time.toNanos() / 1e9);
    }
}
