package cdf.cli;

import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.producer.Terminal;
import org.jspecify.annotations.Nullable;

import java.util.Map;

/** Says when everything up to some place in the topic has been applied. Thread-safe. */
final class ApplyUntil implements ApplyListener {
    private final Terminal terminal;
    private Map<Integer, Long> positions = Map.of();
    private @Nullable Map<Integer, Long> end;
    private Runnable onReached = () -> {};

    ApplyUntil(Terminal terminal) {
        this.terminal = terminal;
    }

    /** Calls {@code reached} when each partition is applied up to its end offset, or at once if that is so. */
    synchronized void callAt(Map<Integer, Long> endOffsets, Runnable reached) {
        end = endOffsets;
        onReached = reached;
        check();
    }

    @Override
    public synchronized void onStart(Map<Integer, Long> start) {
        positions = start;
        check();
    }

    @Override
    public synchronized void onBatch(AppliedBatch batch) {
        positions = batch.positions();
        check();
    }

    @Override
    public void onNotice(String notice) {
        terminal.notice(notice);
    }

    private void check() {
        if (end != null
                && end.entrySet().stream()
                        .allMatch(
                                partition -> positions.getOrDefault(partition.getKey(), 0L) >= partition.getValue())) {
            onReached.run();
        }
    }
}
