package cdf.bench;

import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

import java.util.stream.Stream;

/** A long run of small commits: what of it grows. */
final class ManyCommitsPart {
    private static final String NAME = "many-commits";
    private static final int LOOKS = 10;

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    ManyCommitsPart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
    }

    void measure() {
        int commits = sizes.manyCommits();
        report.title(
                "commits: %,d of %d changes, on a table of %,d rows",
                commits, sizes.manyCommitsBatch(), sizes.fewRows());
        ChangeTopic topic = new ChangeTopic(bench.topics(), NAME, sizes.fewRows());
        topic.publish(sizes.fewRows());
        bench.applyOnce(NAME, bench.table(NAME), sizes.fewRows(), new AppliedBatches());
        topic.publish((long) commits * sizes.manyCommitsBatch());
        AppliedBatches applied = new AppliedBatches();
        bench.applyOnce(NAME, bench.table(NAME), sizes.manyCommitsBatch(), applied);

        report.line("  %-16s %12s %16s %16s", "after commits", "data files", "read it, ms", "a commit, ms");
        int step = applied.size() / LOOKS;
        for (int look = 1; look <= LOOKS; look++) {
            int until = look * step;
            report.line(
                    "  %-16d %12d %16.0f %16.1f",
                    until,
                    files(applied.batch(until - 1).tableVersion()),
                    readMillis(applied.batch(until - 1).tableVersion()),
                    Benchmarks.median(applied.commitMillis(until - step, until)));
        }
        long first = applied.batch(step - 1).tableVersion();
        long last = applied.batch(applied.size() - 1).tableVersion();
        report.line("  compactions: %,d", applied.compactions().size());
        report.figure("manyCommits", applied.size());
        report.figure("manyCommitsFiles", files(last));
        report.figure("manyCommitsReadGrowth", readMillis(last) / readMillis(first));
        report.figure(
                "manyCommitsGrowth",
                Benchmarks.median(applied.commitMillis(applied.size() - step, applied.size()))
                        / Benchmarks.median(applied.commitMillis(step, 2 * step)));
    }

    private Dataset<Row> version(long version) {
        return Tables.version(bench.session(), bench.table(NAME), version);
    }

    private int files(long version) {
        return version(version).inputFiles().length;
    }

    /** The median of several reads of all rows. */
    private double readMillis(long version) {
        return Benchmarks.median(Stream.generate(() -> {
                    long beginNanos = System.nanoTime();
                    version(version).selectExpr("sum(balance)", "max(name)").collectAsList();
                    return (System.nanoTime() - beginNanos) / 1e6;
                })
                .limit(5)
                .mapToDouble(Double::doubleValue)
                .toArray());
    }
}
