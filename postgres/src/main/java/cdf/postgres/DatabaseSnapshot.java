package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.ExitCode;
import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
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
    private final Map<String, String> types;

    private DatabaseSnapshot(
            DatabaseAddress address,
            TableName table,
            Connection connection,
            Transactions seen,
            Map<String, String> types) {
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
            Map<String, String> types = types(connection, table);
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

    /**
     * Reads all rows.
     *
     * @param columns what to read, and the types to give; the table must have all of these columns
     * @param reader takes the values of a row: String, Boolean, Integer (INT, and DATE in days since 1970-01-01), Long
     *     (BIGINT, and TIMESTAMP in microseconds since 1970-01-01T00:00Z), Double, BigDecimal with the column's scale, the
     *     hexadecimal digits of a BINARY, or null
     */
    public void rows(List<Column> columns, Consumer<List<@Nullable Object>> reader) {
        String query = columns.stream().map(this::expression).collect(joining(", ", "SELECT ", " FROM " + table.sql()));
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

    /** What to select for a column, so that the driver has it in the wanted type. */
    private String expression(Column column) {
        String name = Sql.identifier(column.name());
        String type = types.getOrDefault(column.name(), "");
        return switch (column.type().kind()) {
            // The text that the type itself gives, as replication does: a cast of inet would add its mask.
            case STRING -> text(name, type);
            case BOOLEAN, DOUBLE, DECIMAL -> name;
            case INT -> name + "::int";
            case BIGINT -> type.startsWith("time") || type.equals("interval") ? micros(name) : name + "::bigint";
            case DATE -> name + " - date '1970-01-01'";
            case TIMESTAMP -> micros(name);
            case BINARY -> "encode(" + name + ", 'hex')";
        };
    }

    private static String text(String name, String type) {
        if (type.endsWith("[]")) {
            return "to_json(" + name + ")::text";
        }
        // Debezium leaves out the zeros at the end of a number without a fixed scale.
        return "CASE WHEN " + name + " IS NOT NULL THEN format('%s', "
                + (type.equals("numeric") ? "trim_scale(" + name + ")" : name) + ") END";
    }

    private static String micros(String name) {
        return "(extract(epoch from " + name + ") * 1000000)::bigint";
    }

    private @Nullable Object value(ResultSet row, int index, ColumnType type) throws SQLException {
        Object value =
                switch (type.kind()) {
                    case STRING, BINARY -> row.getString(index);
                    case BOOLEAN -> row.getBoolean(index);
                    case INT, DATE -> row.getInt(index);
                    case BIGINT, TIMESTAMP -> row.getLong(index);
                    case DOUBLE -> row.getDouble(index);
                    case DECIMAL -> scaled(row.getBigDecimal(index), type);
                };
        return row.wasNull() ? null : value;
    }

    private static @Nullable BigDecimal scaled(@Nullable BigDecimal value, ColumnType type) {
        return value == null ? null : value.setScale(type.scale());
    }

    /** The table's columns with the types that PostgreSQL's format_type gives, in their order. */
    private static Map<String, String> types(Connection connection, TableName table) throws SQLException {
        String query = """
                SELECT a.attname, format_type(a.atttypid, NULL)
                FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
                WHERE n.nspname = ? AND c.relname = ? AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attnum""";
        Map<String, String> types = new LinkedHashMap<>();
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, table.schema());
            statement.setString(2, table.table());
            try (ResultSet row = statement.executeQuery()) {
                while (row.next()) {
                    types.put(row.getString(1), row.getString(2));
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
