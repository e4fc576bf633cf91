package cdf.cli;

import cdf.change.CdfException;
import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.producer.Terminal;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** Shows on a terminal how far applying several tables is, all of them in one line, and tells which of them stopped. */
final class TablesProgress implements TablesOutput {
    private final Terminal terminal;
    private final long startNanos = System.nanoTime();

    private final Map<String, Long> rows = new HashMap<>();
    private final Set<String> stopped = new HashSet<>();
    private long read;

    TablesProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public synchronized ApplyListener onTable(String topic, String table) {
        rows.put(table, 0L);
        return new Table(table);
    }

    @Override
    public synchronized void onFailure(String topic, String table, CdfException failure) {
        stopped.add(table);
        terminal.notice("the table " + table + " of the topic " + topic + " has stopped: " + failure.problem());
        terminal.notice("hint for " + table + ": " + failure.hint());
        show();
    }

    @Override
    public synchronized void onNotice(String notice) {
        terminal.notice(notice);
    }

    @Override
    public void close() {
        terminal.endProgress();
    }

    private synchronized void take(String table, AppliedBatch batch) {
        read += batch.accounting().read();
        rows.put(table, batch.rows());
        show();
    }

    private void show() {
        double seconds = (System.nanoTime() - startNanos) / 1e9;
        terminal.progress(String.format(
                Locale.ROOT,
                "read %,d events (%,.0f/s); %,d tables have %,d rows%s",
                read,
                read / seconds,
                rows.size(),
                rows.values().stream().mapToLong(Long::longValue).sum(),
                stopped.isEmpty() ? "" : String.format(Locale.ROOT, "; %,d stopped", stopped.size())));
    }

    /** What comes of one of the tables. */
    private final class Table implements ApplyListener {
        private final String name;

        Table(String name) {
            this.name = name;
        }

        @Override
        public void onIndexing(long indexed, long of) {
            synchronized (TablesProgress.this) {
                terminal.progress(
                        String.format(Locale.ROOT, "indexing the table %s: %,d of %,d rows", name, indexed, of));
            }
        }

        @Override
        public void onBatch(AppliedBatch batch) {
            take(name, batch);
        }

        @Override
        public void onNotice(String notice) {
            TablesProgress.this.onNotice(notice);
        }
    }
}
