package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.ExitCode;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

import static java.util.stream.Collectors.joining;

/**
 * One table of a database at one moment, however long it takes to read it: a transaction that sees what was committed
 * before it and nothing else. Values are read as the driver and the server have them, without Debezium. Not thread-safe.
 */
public final class DatabaseSnapshot implements AutoCloseable {
    private static final int FETCHED_ROWS = 10_000;

    private final DatabaseAddress address;
    private final TableName table;
    private final Connection connection;
    private final Transactions seen;
    private final Map<String, SourceType> types;

    private DatabaseSnapshot(
            DatabaseAddress address,
            TableName table,
            Connection connection,
            Transactions seen,
            Map<String, SourceType> types) {
        this.address = address;
        this.table = table;
        this.connection = connection;
        this.seen = seen;
        this.types = types;
    }

    /** Chooses a moment, now; the caller closes. */
    public static DatabaseSnapshot open(DatabaseAddress address, TableName table) {
        Connection connection = address.connect();
        try {
            connection.setAutoCommit(false);
            connection.setReadOnly(true);
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
            execute(connection, "SET timezone TO 'UTC'", "SET extra_float_digits TO 3");
            Transactions seen = Transactions.parse(text(connection, "SELECT pg_current_snapshot()::text"));
            Map<String, SourceType> types = types(connection, table);
            if (types.isEmpty()) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "there is no table " + table + " in " + address,
                        "name the table that the topic tells of");
            }
            return new DatabaseSnapshot(address, table, connection, seen, types);
        } catch (SQLException failure) {
            close(connection);
            throw DatabaseFailures.running(address, "reading " + table, failure);
        } catch (CdfException failure) {
            close(connection);
            throw failure;
        }
    }

    /** Whether a transaction, by its 32-bit number, was committed before the moment; one that was rolled back does not count. */
    public boolean includes(long transaction) {
        return seen.include(transaction);
    }

    /** The names of the table's columns. */
    public Set<String> columns() {
        return types.keySet();
    }

    /** Whether SQL gives the values of a column as events have them: only such columns can be read. */
    public boolean isReadable(Column column) {
        return expression(column).isPresent();
    }

    /**
     * Reads all rows.
     *
     * @param columns what to read, and the types to give; all must be {@linkplain #isReadable readable}
     * @param reader takes the values of a row: String, Boolean, BigDecimal (INT, BIGINT and DECIMAL, which may be too small
     *     for it), Integer (DATE, in days since 1970-01-01), Long (TIMESTAMP, in microseconds since 1970-01-01T00:00Z),
     *     Double, or Float of a real, the hexadecimal digits of a BINARY, or null
     */
    public void rows(List<Column> columns, Consumer<List<@Nullable Object>> reader) {
        String query = columns.stream()
                .map(column -> expression(column).orElseThrow())
                .collect(joining(", ", "SELECT ", " FROM " + table.sql()));
        try (Statement statement = connection.createStatement()) {
            statement.setFetchSize(FETCHED_ROWS);
            try (ResultSet row = statement.executeQuery(query)) {
                while (row.next()) {
                    @Nullable Object[] values = new @Nullable Object[columns.size()];
                    for (int column = 0; column < values.length; column++) {
                        values[column] =
                                value(row, column + 1, columns.get(column).type());
                    }
                    reader.accept(Arrays.asList(values));
                }
            }
        } catch (SQLException failure) {
            throw DatabaseFailures.running(address, "reading " + table, failure);
        }
    }

    private Optional<String> expression(Column column) {
        return Optional.ofNullable(types.get(column.name()))
                .flatMap(type -> type.expression(
                        Sql.identifier(column.name()), column.type().kind()));
    }

    private static @Nullable Object value(ResultSet row, int index, ColumnType type) throws SQLException {
        Object value =
                switch (type.kind()) {
                    case STRING, BINARY -> row.getString(index);
                    case BOOLEAN -> row.getBoolean(index);
                    case INT, BIGINT, DECIMAL -> row.getBigDecimal(index);
                    case DATE -> row.getInt(index);
                    case TIMESTAMP -> row.getLong(index);
                    case DOUBLE -> row.getObject(index);
                };
        return row.wasNull() ? null : value;
    }

    /** The types of the table's columns, in their order. */
    private static Map<String, SourceType> types(Connection connection, TableName table) throws SQLException {
        String query = """
                WITH RECURSIVE known AS (
                    SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier
                    FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                    WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped
                  UNION ALL
                    SELECT attnum, attname, typbasetype, typtypmod
                    FROM known JOIN pg_type t ON t.oid = type WHERE typtype = 'd')
                SELECT attname, CASE 'e' WHEN t.typtype THEN 'enum' WHEN e.typtype THEN 'enum[]'
                    ELSE format_type(t.oid, NULL) END, modifier
                FROM known JOIN pg_type t ON t.oid = type LEFT JOIN pg_type e ON e.typarray = t.oid
                WHERE t.typtype <> 'd' ORDER BY attnum""";
        Map<String, SourceType> types = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.table());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    types.put(row.getString(1), new SourceType(row.getString(2), row.getInt(3)));
                }
            }
        }
        return types;
    }

    private static void execute(Connection connection, String... statements) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    private static String text(Connection connection, String query) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(query)) {
            row.next();
            return row.getString(1);
        }
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException gone) {
            // Then it is closed already.
        }
    }

    @Override
    public void close() {
        close(connection);
    }

    /**
     * The transactions that a snapshot includes (PostgreSQL documentation, "pg_snapshot"): all before {@code next} but those
     * that were running. Numbers are the lower 32 bits of what the server counts, as in its log.
     */
    private record Transactions(long next, Set<Long> running) {
        private static final long LOWER = 0xFFFF_FFFFL;

        /** Reads {@code xmin:xmax:xip,xip}. */
        static Transactions parse(String text) {
            String[] parts = text.split(":", -1);
            Set<Long> running = new HashSet<>();
            for (String number : parts[2].split(",", -1)) {
                if (!number.isEmpty()) {
                    running.add(Long.parseLong(number) & LOWER);
                }
            }
            return new Transactions(Long.parseLong(parts[1]) & LOWER, running);
        }

        boolean include(long transaction) {
            // Numbers go round; of two, the one that less than half of all numbers lie before is the older.
            int age = (int) (next - transaction);
            return age > 0 && !running.contains(transaction & LOWER);
        }
    }
}
