package cdf.bench;

import cdf.change.ChangeEvent;
import cdf.lake.TableChange;
import cdf.lake.TableReader;

import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.LongSupplier;

/** The change data feed of small commits, read in its order as {@code cdf feed} does, and with Delta's own reader. */
final class FeedPart {
    private static final String NAME = "feed";

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    FeedPart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
    }

    void measure() {
        report.title(
                "feed: %d versions of %,d changes, of a table of %,d rows",
                sizes.feedVersions(), sizes.smallBatch(), sizes.fewRows());
        ChangeTopic topic = new ChangeTopic(bench.topics(), NAME, sizes.fewRows());
        topic.publish(sizes.fewRows());
        bench.applyOnce(NAME, bench.table(NAME), sizes.fewRows(), new AppliedBatches());
        topic.publish((long) sizes.feedVersions() * sizes.smallBatch());
        bench.applyOnce(NAME, bench.table(NAME), sizes.smallBatch(), new AppliedBatches());

        TableReader reader = TableReader.open(bench.spark(), Path.of(bench.table(NAME)));
        long last = reader.newestVersion();
        long first = last - sizes.feedVersions() + 1;
        // Both have read one version before.
        requireEqual(images(reader, last, last), imagesByDelta(last, last));
        double[] seconds = new double[2];
        requireEqual(
                timed(seconds, 0, () -> images(reader, first, last)),
                timed(seconds, 1, () -> imagesByDelta(first, last)));
        report.figure("feedSeconds", seconds[0]);
        report.figure("deltaFeedSeconds", seconds[1]);
        report.figure("feedRatio", seconds[1] / seconds[0]);
    }

    private static long timed(double[] seconds, int reader, LongSupplier images) {
        long beginNanos = System.nanoTime();
        long read = images.getAsLong();
        seconds[reader] = (System.nanoTime() - beginNanos) / 1e9;
        return read;
    }

    private static long images(TableReader reader, long first, long last) {
        long images = 0;
        Iterator<TableChange> changes = reader.changes(first, last);
        while (changes.hasNext()) {
            images += changes.next().event() instanceof ChangeEvent.RowUpdated ? 2 : 1;
        }
        return images;
    }

    private long imagesByDelta(long first, long last) {
        return bench.session()
                .read()
                .format("delta")
                .option("readChangeFeed", true)
                .option("startingVersion", first)
                .option("endingVersion", last)
                .load(bench.table(NAME))
                .orderBy("_commit_version", "id", "_change_type")
                .collectAsList()
                .size();
    }

    private static void requireEqual(long images, long expected) {
        if (images != expected) {
            throw new IllegalStateException("cdf feed has " + images + " rows, and Delta's own reader " + expected);
        }
    }
}
