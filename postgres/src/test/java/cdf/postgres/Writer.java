package cdf.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/** Changes rows of a table {@code rows (id, n)} all the time, in small transactions, whatever becomes of the server. */
final class Writer implements AutoCloseable {
    private static final int KEYS = 500;

    private final TestDatabase database;
    private final AtomicLong transactions = new AtomicLong();
    private final Thread thread = new Thread(this::run, "writer");
    private volatile boolean stopping;

    Writer(TestDatabase database) {
        this.database = database;
        thread.setDaemon(true);
        thread.start();
    }

    private void run() {
        SplittableRandom random = new SplittableRandom(1);
        while (!stopping) {
            try (Connection connection = database.address().open();
                    Statement statement = connection.createStatement()) {
                while (!stopping) {
                    write(statement, random);
                    transactions.incrementAndGet();
                }
            } catch (SQLException away) {
                // The server was killed: whatever of the transaction counts, the table has it.
                Thread.onSpinWait();
            }
        }
    }

    private static void write(Statement statement, SplittableRandom random) throws SQLException {
        int key = random.nextInt(KEYS);
        int other = random.nextInt(KEYS);
        String text =
                switch (random.nextInt(4)) {
                    case 0 -> "DELETE FROM rows WHERE id = " + key;
                    case 1 ->
                        "DELETE FROM rows WHERE id = " + other + "; UPDATE rows SET id = " + other + " WHERE id = "
                                + key;
                    default -> "INSERT INTO rows VALUES (" + key + ", 1) ON CONFLICT (id) DO UPDATE SET n = rows.n + 1";
                };
        statement.execute("BEGIN; " + text + "; COMMIT");
    }

    /** Waits for so many more transactions. */
    void awaitWrites(long more) {
        long wanted = transactions.get() + more;
        Await.until(() -> transactions.get() >= wanted);
    }

    void stop() {
        stopping = true;
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
