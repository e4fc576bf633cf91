package cdf.postgres;

import cdf.postgres.CaptureState.Phase;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * Watches a capture from a thread of its own: tells the progress, who is waited for, and keeps an idle slot moving. Where no
 * captured table changes but others do, a mark in the log shows the slot's position, or the server would keep all of the log.
 */
final class CaptureMonitor implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(500);
    private static final Duration BROKER_PATIENCE = Duration.ofSeconds(5);
    private static final Duration STOP_PATIENCE = Duration.ofSeconds(8);
    private static final Duration SLOT_PATIENCE = Duration.ofSeconds(2);
    private static final Duration READER_PATIENCE = Duration.ofSeconds(3);

    /** An idle slot may be so far behind: what the server itself writes now and then is no reason for a mark. */
    private static final long IDLE_BYTES = 1 << 20;

    private final CaptureSettings settings;
    private final EventSender sender;
    private final CaptureState state;
    private final CaptureListener listener;
    private final Thread runner = Thread.currentThread();
    private final CountDownLatch closing = new CountDownLatch(1);
    private final Thread thread;

    private @Nullable Connection connection;
    private long lag;
    private boolean brokerAway;
    private boolean told;
    private long startingNanos = System.nanoTime();

    /** When somebody was seen to read the slot, or had begun to; 0 before. */
    private long readNanos;

    private long stoppingNanos;
    private boolean interrupted;
    private volatile @Nullable RuntimeException failure;

    private CaptureMonitor(CaptureSettings settings, EventSender sender, CaptureState state, CaptureListener listener) {
        this.settings = settings;
        this.sender = sender;
        this.state = state;
        this.listener = listener;
        thread = new Thread(this::watch, "cdf-capture-monitor");
        thread.setDaemon(true);
    }

    /** Starts to watch the capture of the calling thread. */
    static CaptureMonitor start(
            CaptureSettings settings, EventSender sender, CaptureState state, CaptureListener listener) {
        CaptureMonitor monitor = new CaptureMonitor(settings, sender, state, listener);
        monitor.thread.start();
        return monitor;
    }

    private void watch() {
        try {
            while (!closing.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
                broker();
                database();
                listener.progress(progress());
                stopping();
            }
        } catch (InterruptedException closed) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException bug) {
            failure = bug;
        } finally {
            disconnect();
        }
    }

    private CaptureProgress progress() {
        return new CaptureProgress(sender.snapshotRows(), sender.changes(), lag, state.phase() == Phase.STREAMING);
    }

    private void broker() {
        boolean away = sender.waiting().compareTo(BROKER_PATIENCE) > 0;
        if (away != brokerAway) {
            brokerAway = away;
            listener.notice(away ? "the broker acknowledges nothing: waiting for it" : "the broker is back");
        }
    }

    private void database() {
        Phase phase = state.phase();
        if (phase == Phase.WAITING) {
            disconnect();
            return;
        }
        try {
            Connection open = connection();
            if (phase == Phase.STARTING) {
                startingSlot(open);
                return;
            }
            told = false;
            startingNanos = System.nanoTime();
            Lsn from = state.position().lsn();
            lag = from.equals(Lsn.NONE)
                    ? 0
                    : Math.max(0, ReplicationSlot.end(open).minus(from));
            if (phase != Phase.STREAMING) {
                readNanos = 0;
            } else {
                reader(open);
                if (lag > IDLE_BYTES && sender.idle()) {
                    // Whatever the connector has not sent yet comes before it.
                    var unused = ReplicationSlot.mark(open);
                }
            }
        } catch (SQLException away) {
            // The connector meets the same, and says so.
            disconnect();
        }
    }

    /**
     * A connector whose server process was ended from outside may poll a stream that is no more, for ever: the driver gives the
     * failure to whichever thread meets it first, and that may be the one that only keeps the connection alive. And one that
     * finds no slot when it begins to stream makes a new one, without a word: that is ahead of what was recorded.
     */
    private void reader(Connection open) throws SQLException {
        long now = System.nanoTime();
        Optional<ReplicationSlot> slot = ReplicationSlot.find(open, settings.slot());
        // The position moves on before the slot does; so it is looked at after it.
        Lsn recorded = state.position().lsn();
        if (slot.filter(found -> found.confirmed().compareTo(recorded) > 0).isPresent()) {
            state.abandon("the slot is another one");
        } else if (slot.map(ReplicationSlot::active).orElse(false) || readNanos == 0) {
            readNanos = now;
        } else if (now - readNanos > READER_PATIENCE.toNanos()) {
            state.abandon("nobody reads the slot");
        }
    }

    /** A new slot waits for all transactions that run: says for which. */
    private void startingSlot(Connection open) throws SQLException {
        boolean late = System.nanoTime() - startingNanos > SLOT_PATIENCE.toNanos();
        if (state.stopping()) {
            cancelSlot(open);
        } else if (late && !told) {
            try (Statement statement = open.createStatement();
                    ResultSet row = statement.executeQuery("""
                            SELECT count(*), coalesce(string_agg(pid::text, ', ' ORDER BY xact_start), '')
                            FROM pg_stat_activity WHERE backend_xid IS NOT NULL AND backend_type = 'client backend'""")) {
                if (row.next() && row.getInt(1) > 0) {
                    told = true;
                    listener.notice("the new slot waits until the transactions end that run now: process "
                            + row.getString(2) + " (pg_stat_activity)");
                }
            }
        }
    }

    private void cancelSlot(Connection open) throws SQLException {
        try (PreparedStatement statement = open.prepareStatement("SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                + " WHERE usename = current_user AND starts_with(query, ?) AND pid <> pg_backend_pid()")) {
            statement.setString(1, "CREATE_REPLICATION_SLOT \"" + settings.slot() + "\"");
            statement.execute();
        }
    }

    /** What blocks for good, because a broker is away, is interrupted in the end. */
    private void stopping() {
        if (!state.stopping()) {
            return;
        }
        if (stoppingNanos == 0) {
            stoppingNanos = System.nanoTime();
        } else if (!interrupted && System.nanoTime() - stoppingNanos > STOP_PATIENCE.toNanos()) {
            interrupted = true;
            runner.interrupt();
        }
    }

    private Connection connection() throws SQLException {
        Connection known = connection;
        if (known == null) {
            known = settings.database().open();
            connection = known;
        }
        return known;
    }

    private void disconnect() {
        Connection known = connection;
        connection = null;
        if (known != null) {
            try {
                known.close();
            } catch (SQLException gone) {
                // It was closed from the other side.
                lag = 0;
            }
        }
    }

    /** Throws what ended the watching too early. */
    void throwFailure() {
        RuntimeException bug = failure;
        if (bug != null) {
            throw new IllegalStateException("the capture's watch ended", bug);
        }
    }

    /** Stops watching, and tells the progress a last time. */
    @Override
    public void close() {
        closing.countDown();
        try {
            thread.join();
            listener.progress(progress());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
