package cdf.cli;

import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.producer.Terminal;

import java.util.Locale;

/** Shows on a terminal how far applying is. */
final class ApplyProgress implements ApplyListener {
    private final Terminal terminal;
    private final long startNanos = System.nanoTime();
    private long read;

    ApplyProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void onIndexing(long rows, long of) {
        terminal.progress(String.format(Locale.ROOT, "indexing the table: %,d of %,d rows", rows, of));
    }

    @Override
    public void onBatch(AppliedBatch batch) {
        read += batch.accounting().read();
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        terminal.progress(String.format(
                Locale.ROOT,
                "read %,d events (%,.0f/s); the table has %,d rows in version %d",
                read,
                read / seconds,
                batch.rows(),
                batch.tableVersion()));
    }

    @Override
    public void onNotice(String notice) {
        terminal.notice(notice);
    }
}
