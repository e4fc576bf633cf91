package cdf.cli;

import cdf.dashboard.Batch;
import cdf.dashboard.DeadLetter;
import cdf.dashboard.PipelineFeed;
import cdf.lake.Accounting;
import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.lake.CompactedFiles;
import cdf.lake.RejectedEvent;

import java.util.Map;
import java.util.Optional;

/** Tells the dashboard how applying goes. */
final class ApplyFeed implements ApplyListener {
    private final PipelineFeed feed;
    private volatile Optional<Map<Integer, Long>> positions = Optional.empty();

    ApplyFeed(PipelineFeed feed) {
        this.feed = feed;
    }

    /** Of each topic partition, the offset of the next record to apply; empty before applying begins. */
    Optional<Map<Integer, Long>> positions() {
        return positions;
    }

    @Override
    public void onIndexing(long rows, long of) {
        feed.indexing(rows, of);
    }

    @Override
    public void onStart(Map<Integer, Long> from) {
        positions = Optional.of(from);
        feed.started(from);
    }

    @Override
    public void onBatch(AppliedBatch batch) {
        positions = Optional.of(batch.positions());
        Accounting accounting = batch.accounting();
        feed.committed(new Batch(
                batch.tableVersion(),
                batch.rows(),
                new Batch.Counts(
                        accounting.read(),
                        accounting.applied(),
                        accounting.superseded(),
                        accounting.ignored(),
                        accounting.deadLettered()),
                batch.positions(),
                batch.stages(),
                batch.rejected().stream().map(ApplyFeed::deadLetter).toList()));
    }

    @Override
    public void onCompaction(CompactedFiles files) {
        feed.compacted(files.files(), files.rows(), files.time());
    }

    private static DeadLetter deadLetter(RejectedEvent event) {
        return new DeadLetter(
                event.partition(),
                event.offset(),
                event.timestampMillis(),
                event.reason(),
                event.column(),
                event.key(),
                event.value());
    }
}
