package cdf.postgres;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The list of tables whose changes a slot gives.
 *
 * @param complete whether it publishes inserts, updates, deletes and truncations alike
 * @param allTables whether it is for all tables: then nobody can choose them
 */
record Publication(String name, Set<TableName> tables, boolean complete, boolean allTables) {
    private static final int LOCK_MILLIS = 300;
    private static final String LOCK_NOT_AVAILABLE = "55P03";

    static Optional<Publication> find(Connection connection, String name) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT pubinsert AND pubupdate AND pubdelete AND pubtruncate AS complete, puballtables"
                        + " FROM pg_publication WHERE pubname = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(
                                new Publication(name, tables(connection, name), row.getBoolean(1), row.getBoolean(2)))
                        : Optional.empty();
            }
        }
    }

    private static Set<TableName> tables(Connection connection, String name) throws SQLException {
        Set<TableName> tables = new TreeSet<>();
        try (PreparedStatement statement = connection.prepareStatement(
                "SELECT schemaname, tablename FROM pg_publication_tables WHERE pubname = ?")) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    tables.add(new TableName(row.getString(1), row.getString(2)));
                }
            }
        }
        return tables;
    }

    /** The statement that makes it. A partitioned table's changes come as its own, not as those of its partitions. */
    static String create(String name, Set<TableName> tables) {
        return "CREATE PUBLICATION " + Sql.identifier(name) + " FOR TABLE " + Sql.list(tables)
                + " WITH (publish_via_partition_root = true)";
    }

    /** The statement that adds tables to it. */
    static String add(String name, Set<TableName> tables) {
        return "ALTER PUBLICATION " + Sql.identifier(name) + " ADD TABLE " + Sql.list(tables);
    }

    /** Those of the tables that it does not have. */
    Set<TableName> missing(Collection<TableName> wanted) {
        Set<TableName> missing = new TreeSet<>(wanted);
        if (allTables) {
            missing.clear();
        }
        missing.removeAll(tables);
        return missing;
    }

    /**
     * Makes it, or adds what it lacks. Nobody writes to a table while it is added: a transaction that began before would else
     * leave out what it wrote before, and a snapshot may not see that yet. All who want to write wait with us for such a
     * transaction, so we wait for a moment only.
     *
     * @return whether all tables are in it now; false if there was no such moment
     */
    static boolean ensure(Connection connection, String name, Set<TableName> tables) throws SQLException {
        Optional<Publication> existing = find(connection, name);
        connection.setAutoCommit(false);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SET LOCAL lock_timeout = " + LOCK_MILLIS);
            if (existing.isEmpty()) {
                statement.execute(create(name, tables));
            } else {
                Set<TableName> missing = existing.get().missing(tables);
                if (!missing.isEmpty()) {
                    statement.execute("LOCK TABLE " + Sql.list(missing) + " IN SHARE ROW EXCLUSIVE MODE");
                    statement.execute(add(name, missing));
                }
            }
            connection.commit();
            return true;
        } catch (SQLException failure) {
            if (LOCK_NOT_AVAILABLE.equals(failure.getSQLState())) {
                return false;
            }
            throw failure;
        } finally {
            connection.rollback();
            connection.setAutoCommit(true);
        }
    }
}
