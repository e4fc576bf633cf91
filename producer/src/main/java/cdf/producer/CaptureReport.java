package cdf.producer;

import cdf.postgres.CaptureListener;
import cdf.postgres.CaptureProgress;
import cdf.postgres.TableName;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows on a terminal what a capture does. */
final class CaptureReport implements CaptureListener {
    private static final double SMOOTHING = 0.3;

    private final Terminal terminal;
    private long beforeNanos = System.nanoTime();
    private long before;
    private double rate;

    CaptureReport(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void started(String slot, String publication, Collection<TableName> snapshotTables) {
        terminal.notice("slot " + slot + ", publication " + publication
                + (snapshotTables.isEmpty()
                        ? ": going on"
                        : ": first the rows of "
                                + snapshotTables.stream()
                                        .map(TableName::toString)
                                        .sorted()
                                        .collect(Collectors.joining(", "))));
    }

    @Override
    public void streaming() {
        terminal.notice("all rows are read; now the changes, as they are committed");
    }

    @Override
    public void progress(CaptureProgress progress) {
        long now = System.nanoTime();
        long events = progress.snapshotRows() + progress.events();
        double current = (events - before) / Math.max(1e-9, (now - beforeNanos) / 1e9);
        rate += SMOOTHING * (current - rate);
        before = events;
        beforeNanos = now;
        terminal.progress(
                progress.streaming()
                        ? String.format(
                                Locale.ROOT,
                                "%,d changes, %,.0f/s; %s of the log to go",
                                progress.events(),
                                rate,
                                size(progress.lagBytes()))
                        : String.format(Locale.ROOT, "%,d rows, %,.0f/s", progress.snapshotRows(), rate));
    }

    @Override
    public void notice(String line) {
        terminal.notice(line);
    }

    private static String size(long bytes) {
        if (bytes < 1 << 20) {
            return String.format(Locale.ROOT, "%,d kB", (bytes + 1023) >> 10);
        }
        return bytes < 1L << 30
                ? String.format(Locale.ROOT, "%.1f MB", bytes / (double) (1 << 20))
                : String.format(Locale.ROOT, "%.1f GB", bytes / (double) (1L << 30));
    }
}
