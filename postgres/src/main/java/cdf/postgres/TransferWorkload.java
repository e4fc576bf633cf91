package cdf.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A bank at work: each transaction moves money between two accounts, opens one with money of another, or closes one and
 * gives its money to another. So each changes two rows, and none the sum of all balances. Used by one thread; {@link #stop}
 * may come from any.
 */
public final class TransferWorkload {
    /** The accounts: {@code id bigint, name text, balance bigint}, the key is the id. */
    public static final TableName ACCOUNTS = new TableName("public", "accounts");

    /** The column whose sum no transaction changes. */
    public static final String BALANCE = "balance";

    /** How many rows a transaction changes. */
    public static final int CHANGES = 2;

    private static final long FIRST_BALANCE = 1_000;
    private static final int LARGEST_AMOUNT = 100;

    /** Of a hundred transactions. */
    private static final int SHARE_OPENING = 10;

    private static final int SHARE_CLOSING = 10;
    private static final long LONGEST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final DatabaseAddress database;
    private final SplittableRandom random;
    private final List<Long> accounts = new ArrayList<>();
    private long nextAccount;
    private volatile boolean stopped;
    private final AtomicLong transactions = new AtomicLong();

    public TransferWorkload(DatabaseAddress database, long seed) {
        this.database = database;
        this.random = new SplittableRandom(seed);
    }

    /** Makes the table with so many accounts, unless it is there. */
    public void create(int rows) {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("CREATE TABLE IF NOT EXISTS " + ACCOUNTS.sql()
                    + " (id bigint PRIMARY KEY, name text NOT NULL, balance bigint NOT NULL)");
            statement.execute("INSERT INTO " + ACCOUNTS.sql() + " SELECT id, 'account ' || id, " + FIRST_BALANCE
                    + " FROM generate_series(1, " + rows + ") AS id WHERE NOT EXISTS (SELECT FROM " + ACCOUNTS.sql()
                    + ")");
            connection.commit();
        } catch (SQLException failure) {
            throw DatabaseFailures.running(database, "CREATE TABLE accounts", failure);
        }
    }

    /** The sum of all balances. */
    public long total() {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT sum(balance)::bigint FROM " + ACCOUNTS.sql())) {
            row.next();
            return row.getLong(1);
        } catch (SQLException failure) {
            throw DatabaseFailures.running(database, "SELECT sum(balance)", failure);
        }
    }

    /**
     * Works until so many rows are changed, or until {@link #stop}.
     *
     * @param changes how many in this run; rounded up to whole transactions; 0 for no end
     * @param changesPerSecond how fast, at most; 0 for as fast as the database commits
     */
    public void run(long changes, double changesPerSecond) {
        try (Connection connection = database.connect()) {
            connection.setAutoCommit(false);
            readAccounts(connection);
            long beginNanos = System.nanoTime();
            long before = transactions();
            while (!stopped && (changes == 0 || (transactions() - before) * CHANGES < changes)) {
                if (changesPerSecond > 0
                        && !awaitTurn(beginNanos, (transactions() - before) * CHANGES / changesPerSecond)) {
                    return;
                }
                if (transact(connection)) {
                    connection.commit();
                    transactions.incrementAndGet();
                } else {
                    connection.rollback(); // somebody else took the account away
                    readAccounts(connection);
                }
            }
        } catch (SQLException failure) {
            throw DatabaseFailures.running(database, "a transaction of the workload", failure);
        }
    }

    /** Ends {@link #run} after the transaction that runs. */
    public void stop() {
        stopped = true;
    }

    public boolean stopped() {
        return stopped;
    }

    /** How many transactions were committed; from any thread. */
    public long transactions() {
        return transactions.get();
    }

    /** Waits for a time since the beginning; false when stopped before. */
    private boolean awaitTurn(long beginNanos, double seconds) {
        long due = beginNanos + (long) (seconds * 1e9);
        for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
            if (stopped) {
                return false;
            }
            LockSupport.parkNanos(Math.min(left, LONGEST_WAIT_NANOS));
        }
        return true;
    }

    private void readAccounts(Connection connection) throws SQLException {
        accounts.clear();
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT id FROM " + ACCOUNTS.sql() + " ORDER BY id")) {
            while (row.next()) {
                accounts.add(row.getLong(1));
            }
        }
        connection.commit();
        if (accounts.size() < CHANGES) {
            throw new IllegalStateException("a bank of fewer than two accounts");
        }
        nextAccount = Math.max(nextAccount, accounts.get(accounts.size() - 1) + 1);
    }

    /** Changes two rows; false if one of them is not there any more. */
    private boolean transact(Connection connection) throws SQLException {
        int first = random.nextInt(accounts.size());
        int second = (first + 1 + random.nextInt(accounts.size() - 1)) % accounts.size();
        long from = accounts.get(first);
        long to = accounts.get(second);
        long amount = 1L + random.nextInt(LARGEST_AMOUNT);
        int kind = random.nextInt(100);
        if (kind < SHARE_OPENING) {
            return open(connection, from, amount);
        }
        return (kind < SHARE_OPENING + SHARE_CLOSING && accounts.size() > CHANGES)
                ? close(connection, first, to)
                : add(connection, from, -amount) && add(connection, to, amount);
    }

    private boolean open(Connection connection, long from, long amount) throws SQLException {
        long id = nextAccount++;
        try (PreparedStatement insert =
                connection.prepareStatement("INSERT INTO " + ACCOUNTS.sql() + " VALUES (?, ?, ?)")) {
            insert.setLong(1, id);
            insert.setString(2, "account " + id);
            insert.setLong(3, amount);
            insert.executeUpdate();
        }
        accounts.add(id);
        return add(connection, from, -amount);
    }

    private boolean close(Connection connection, int index, long to) throws SQLException {
        try (PreparedStatement delete =
                connection.prepareStatement("DELETE FROM " + ACCOUNTS.sql() + " WHERE id = ? RETURNING balance")) {
            delete.setLong(1, accounts.get(index));
            try (ResultSet row = delete.executeQuery()) {
                if (!row.next()) {
                    return false;
                }
                long balance = row.getLong(1);
                accounts.set(index, accounts.get(accounts.size() - 1));
                accounts.remove(accounts.size() - 1);
                return add(connection, to, balance);
            }
        }
    }

    private static boolean add(Connection connection, long id, long amount) throws SQLException {
        try (PreparedStatement update =
                connection.prepareStatement("UPDATE " + ACCOUNTS.sql() + " SET balance = balance + ? WHERE id = ?")) {
            update.setLong(1, amount);
            update.setLong(2, id);
            return update.executeUpdate() == 1;
        }
    }
}
