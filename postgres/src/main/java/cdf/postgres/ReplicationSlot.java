package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A logical replication slot as the server shows it: it holds the write-ahead log from {@code restart} on, and gives the
 * transactions that were committed after {@code confirmed}.
 *
 * @param plugin the output plug-in; empty for a physical slot
 * @param activeProcess the server process that streams from it, 0 for none
 * @param walStatus whether the log that it needs is there, as the server's {@code wal_status} says
 * @param lost why it can no longer be used, empty as long as it can
 * @param heldBytes how much of the log the server keeps for it; of a lost one, how much was written since {@code confirmed}
 */
public record ReplicationSlot(
        String name,
        String plugin,
        String database,
        int activeProcess,
        String walStatus,
        String lost,
        Lsn restart,
        Lsn confirmed,
        long heldBytes) {
    private static final Duration CHECK = Duration.ofMillis(50);

    /** How long a slot that nobody reads is waited for. */
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    /** One that is read moves at the end of a transaction, which can be a large one. */
    private static final Duration PATIENCE_WITH_A_READER = Duration.ofMinutes(10);

    private static final String QUERY = """
            SELECT coalesce(plugin, '') AS plugin, coalesce(database, '') AS database, coalesce(active_pid, 0) AS process,
                   coalesce(wal_status, '') AS status, restart_lsn, confirmed_flush_lsn,
                   -- only since PostgreSQL 17
                   coalesce(to_jsonb(slot) ->> 'invalidation_reason', 'wal_status is lost') AS lost,
                   coalesce(pg_current_wal_lsn() - coalesce(restart_lsn, confirmed_flush_lsn), 0) AS held
            FROM pg_replication_slots AS slot WHERE slot_name = ?""";

    /** The slot of this name, if the server has it. */
    public static Optional<ReplicationSlot> find(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(QUERY)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                if (!row.next()) {
                    return Optional.empty();
                }
                String status = row.getString("status");
                return Optional.of(new ReplicationSlot(
                        name,
                        row.getString("plugin"),
                        row.getString("database"),
                        row.getInt("process"),
                        status,
                        status.equals("lost") ? row.getString("lost") : "",
                        lsn(row.getString("restart_lsn")),
                        lsn(row.getString("confirmed_flush_lsn")),
                        row.getLong("held")));
            }
        }
    }

    private static Lsn lsn(@Nullable String text) {
        return text == null ? Lsn.NONE : Lsn.parse(text);
    }

    /** Whether a process of the server streams from it now. */
    public boolean active() {
        return activeProcess != 0;
    }

    /** Whether the server may remove what it needs at any time. */
    boolean endangered() {
        return walStatus.equals("unreserved");
    }

    /**
     * Waits until nobody streams from a slot: a server may take some time to see that a reader is gone.
     *
     * @return the slot, if there is one; still {@linkplain #active in use} when it took too long, or is stopping
     */
    static Optional<ReplicationSlot> awaitReleased(
            Connection connection, String name, Duration patience, BooleanSupplier stopping) throws SQLException {
        long startNanos = System.nanoTime();
        while (true) {
            Optional<ReplicationSlot> slot = find(connection, name);
            if (slot.filter(ReplicationSlot::active).isEmpty()
                    || stopping.getAsBoolean()
                    || System.nanoTime() - startNanos > patience.toNanos()) {
                return slot;
            }
            LockSupport.parkNanos(CHECK.toNanos());
        }
    }

    /**
     * Writes a mark, which changes no row, into the write-ahead log, in a transaction of its own: once a slot's {@link
     * #confirmed} is above what this returns, all that was committed before this call is in Kafka. Without a mark, that of
     * an idle database may never get there.
     *
     * @param connection one that commits by itself
     */
    public static Lsn mark(Connection connection) throws SQLException {
        try (PreparedStatement statement =
                        connection.prepareStatement("SELECT pg_logical_emit_message(true, 'cdf', '')::text");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    /**
     * Waits until Kafka has all that was committed before this call.
     *
     * @param slot the name of the replication slot of the {@code cdf capture} that must be running
     * @param waiting is told what is waited for; may throw, to end the waiting
     */
    public static void awaitCaptured(DatabaseAddress address, String slot, Consumer<String> waiting) {
        try (Connection marking = address.connect()) {
            Lsn mark = mark(marking);
            long movedNanos = System.nanoTime();
            Lsn last = Lsn.NONE;
            while (true) {
                Optional<ReplicationSlot> now = find(marking, slot);
                Lsn confirmed = now.map(ReplicationSlot::confirmed).orElse(Lsn.NONE);
                if (confirmed.compareTo(mark) > 0) {
                    return;
                }
                if (!confirmed.equals(last)) {
                    last = confirmed;
                    movedNanos = System.nanoTime();
                }
                boolean read = now.filter(ReplicationSlot::active).isPresent();
                Duration patience = read ? PATIENCE_WITH_A_READER : PATIENCE;
                if (System.nanoTime() - movedNanos > patience.toNanos()) {
                    throw notCaptured(address, slot, now, mark);
                }
                waiting.accept("waiting for cdf capture to come to " + mark);
                LockSupport.parkNanos(CHECK.toNanos());
            }
        } catch (SQLException failure) {
            throw DatabaseFailures.running(address, "looking at the slot " + slot, failure);
        }
    }

    private static CdfException notCaptured(
            DatabaseAddress address, String slot, Optional<ReplicationSlot> now, Lsn mark) {
        return new CdfException(
                ExitCode.FAILED,
                now.map(there -> "the replication slot " + slot + " of " + address + " stays at " + there.confirmed()
                                + " and does not come to " + mark)
                        .orElse("there is no replication slot " + slot + " in " + address),
                "let cdf capture run, and name its slot with --slot if it has another name");
    }

    /** Where the server's write-ahead log ends. */
    static Lsn end(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_current_wal_lsn()::text");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }
}
