package cdf.lake;

import cdf.change.CdfException;

import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/** Keeps what has come of applying a topic so far, for when it cannot end in order, and tells another listener all of it. */
final class TableProgress implements ApplyListener {
    private final ApplySettings settings;
    private final ApplyListener listener;
    private Accounting accounting = Accounting.NONE;
    private OptionalLong rows = OptionalLong.empty();
    private OptionalLong tableVersion = OptionalLong.empty();
    private Map<Integer, Long> positions = Map.of();

    TableProgress(ApplySettings settings, ApplyListener listener) {
        this.settings = settings;
        this.listener = listener;
    }

    /** What it came to in the end. */
    TableOutcome done(ApplySummary summary) {
        return new TableOutcome(
                settings.topic(),
                settings.table(),
                summary.accounting(),
                OptionalLong.of(summary.rows()),
                OptionalLong.of(summary.tableVersion()),
                summary.positions(),
                Optional.empty());
    }

    /** What it came to before it failed. */
    synchronized TableOutcome failed(CdfException failure) {
        return new TableOutcome(
                settings.topic(), settings.table(), accounting, rows, tableVersion, positions, Optional.of(failure));
    }

    @Override
    public void onIndexing(long read, long of) {
        listener.onIndexing(read, of);
    }

    @Override
    public synchronized void onStart(Map<Integer, Long> from) {
        positions = from;
        listener.onStart(from);
    }

    @Override
    public synchronized void onBatch(AppliedBatch batch) {
        accounting = accounting.plus(batch.accounting());
        rows = OptionalLong.of(batch.rows());
        tableVersion = OptionalLong.of(batch.tableVersion());
        positions = batch.positions();
        listener.onBatch(batch);
    }

    @Override
    public void onCompaction(CompactedFiles files) {
        listener.onCompaction(files);
    }

    @Override
    public void onStep(ApplyStep step) {
        listener.onStep(step);
    }

    @Override
    public void onNotice(String notice) {
        listener.onNotice(notice);
    }
}
