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
        double[] readMillis = new double[LOOKS];
        int mostFiles = 0;
        for (int look = 0; look < LOOKS; look++) {
            int until = (look + 1) * step;
            Dataset<Row> version = Tables.version(
                    bench.session(), bench.table(NAME), applied.batch(until - 1).tableVersion());
            int files = version.inputFiles().length;
            mostFiles = Math.max(mostFiles, files);
            readMillis[look] = readMillis(version);
            report.line(
                    "  %-16d %12d %16.0f %16.1f",
                    until, files, readMillis[look], Benchmarks.median(applied.commitMillis(until - step, until)));
        }
        report.line("  compactions: %,d", applied.compactions().size());
        report.figure("manyCommits", applied.size());
        report.figure("manyCommitsMostFiles", mostFiles);
        report.figure("manyCommitsReadGrowth", readMillis[LOOKS - 1] / readMillis[0]);
        report.figure(
                "manyCommitsGrowth",
                Benchmarks.median(applied.commitMillis(applied.size() - step, applied.size()))
                        / Benchmarks.median(applied.commitMillis(step, 2 * step)));
    }

    /** The median of several reads of all rows, apart from finding the version in the log. */
    private static double readMillis(Dataset<Row> version) {
        return Benchmarks.median(Stream.generate(() -> {
                    long beginNanos = System.nanoTime();
                    version.selectExpr("sum(balance)", "max(name)").collectAsList();
                    return (System.nanoTime() - beginNanos) / 1e6;
                })
                .limit(5)
                .mapToDouble(Double::doubleValue)
                .toArray());
    }
}
