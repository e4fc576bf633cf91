package cdf.bench;

import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.CompactedFiles;
import org.apache.commons.io.FileUtils;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * Small commits on a large table, ours and MERGE's, and ours on a smaller table. The three take turns, so that whatever
 * else the machine does slows them alike.
 */
final class SmallCommitPart {
    private static final String MANY = "many-rows";
    private static final String FEW = "few-rows";
    private static final String MERGED = "many-rows-merge";

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    SmallCommitPart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
    }

    void measure() {
        int rounds = sizes.smallWarmUps() + sizes.smallCommits();
        report.title(
                "small: commits of %,d changes, %d after %d that warm up; tables of %,d and %,d rows",
                sizes.smallBatch(), sizes.smallCommits(), sizes.smallWarmUps(), sizes.manyRows(), sizes.fewRows());
        Map<Integer, Long> from = prepare(MANY, sizes.manyRows());
        prepare(FEW, sizes.fewRows());
        copyTable(MANY, MERGED);
        report.line("  garbage collection while the tables were made: %.1f s", report.secondsOfCollection());

        AppliedBatches many = new AppliedBatches();
        AppliedBatches few = new AppliedBatches();
        List<Double> merged = new ArrayList<>();
        commitInTurn(from, many, few, merged);
        if (many.size() != merged.size() || many.size() < rounds || few.size() < rounds) {
            throw new IllegalStateException(
                    "not the same commits: " + many.size() + ", " + few.size() + ", " + merged.size());
        }
        print(rounds, many, few, merged);
        Tables.requireEqual(
                Tables.newest(bench.session(), bench.table(MANY)), Tables.newest(bench.session(), bench.table(MERGED)));
    }

    /** Makes a table of so many rows, and the changes to commit; gives the positions between the two. */
    private Map<Integer, Long> prepare(String name, int rows) {
        ChangeTopic topic = new ChangeTopic(bench.topics(), name, rows);
        topic.publish(rows);
        ApplySummary summary = bench.applyOnce(
                name, bench.table(name), ApplySettings.DEFAULT_MAX_BATCH_EVENTS, new ApplyListener() {});
        topic.publish((long) sizes.smallBatch() * (sizes.smallWarmUps() + sizes.smallCommits()));
        return summary.positions();
    }

    private void copyTable(String from, String to) {
        try {
            FileUtils.copyDirectory(new File(bench.table(from)), new File(bench.table(to)));
        } catch (IOException failure) {
            throw new UncheckedIOException("there is no room for another table", failure);
        }
    }

    private void commitInTurn(
            Map<Integer, Long> from, AppliedBatches many, AppliedBatches few, List<Double> mergedMillis) {
        Turns turns = new Turns(MANY, MERGED, FEW);
        MergePeer peer = new MergePeer(bench.topics(), MANY, Path.of(bench.table(MERGED)));
        CompletableFuture.allOf(
                        inTurn(turns, MANY, () -> applyInTurn(turns, MANY, many)),
                        inTurn(
                                turns,
                                MERGED,
                                () -> peer.run(bench.session(), from, sizes.smallBatch(), Long.MAX_VALUE, batch -> {
                                    mergedMillis.add(AppliedBatches.millis(batch.merging()));
                                    turns.next(MERGED);
                                })),
                        inTurn(turns, FEW, () -> applyInTurn(turns, FEW, few)))
                .join();
    }

    private static CompletableFuture<Void> inTurn(Turns turns, String participant, Runnable committing) {
        return CompletableFuture.runAsync(committing, task -> new Thread(task, participant).start())
                .whenComplete((nothing, failure) -> turns.leave(participant));
    }

    private void applyInTurn(Turns turns, String name, AppliedBatches applied) {
        bench.applyOnce(name, bench.table(name), sizes.smallBatch(), new ApplyListener() {
            @Override
            public void onBatch(AppliedBatch batch) {
                applied.onBatch(batch);
                turns.next(name);
            }

            @Override
            public void onCompaction(CompactedFiles files) {
                applied.onCompaction(files);
            }
        });
    }

    private void print(int rounds, AppliedBatches many, AppliedBatches few, List<Double> merged) {
        report.line(
                "  %-16s %16s %16s %16s",
                "commit, ms",
                rows("cdf, %,d", sizes.manyRows()),
                rows("MERGE, %,d", sizes.manyRows()),
                rows("cdf, %,d", sizes.fewRows()));
        for (int round = 0; round < rounds; round++) {
            report.line(
                    "  %-16s %16.1f %16.1f %16.1f",
                    (round + 1) + (round < sizes.smallWarmUps() ? " (warms up)" : ""),
                    many.commitMillis(round),
                    merged.get(round),
                    few.commitMillis(round));
        }
        report.stages(rows("cdf apply, %,d rows", sizes.manyRows()), many.meanStages(sizes.smallWarmUps(), rounds));
        report.stages(rows("cdf apply, %,d rows", sizes.fewRows()), few.meanStages(sizes.smallWarmUps(), rounds));
        report.line(
                "  compactions, apart from the commits: %d on the large table, %d on the small one, %.0f ms in the mean",
                many.compactions().size(), few.compactions().size(), meanCompaction(many, few));
        double manyMillis = Benchmarks.median(many.commitMillis(sizes.smallWarmUps(), rounds));
        double fewMillis = Benchmarks.median(few.commitMillis(sizes.smallWarmUps(), rounds));
        double mergeMillis = Benchmarks.median(merged.stream()
                .limit(rounds)
                .skip(sizes.smallWarmUps())
                .mapToDouble(Double::doubleValue)
                .toArray());
        report.figure("smallCommitMillis", manyMillis);
        report.figure("mergeSmallCommitMillis", mergeMillis);
        report.figure("smallCommitRatio", mergeMillis / manyMillis);
        report.figure("flatness", manyMillis / fewMillis);
    }

    private static String rows(String format, int rows) {
        return String.format(Locale.ROOT, format, rows);
    }

    private static double meanCompaction(AppliedBatches many, AppliedBatches few) {
        List<CompactedFiles> all = new ArrayList<>(many.compactions());
        all.addAll(few.compactions());
        return all.stream()
                .map(CompactedFiles::time)
                .mapToDouble(AppliedBatches::millis)
                .average()
                .orElse(0);
    }
}
