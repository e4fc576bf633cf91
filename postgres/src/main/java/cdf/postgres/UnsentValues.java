package cdf.postgres;

import io.debezium.DebeziumException;
import io.debezium.bean.StandardBeanNames;
import io.debezium.bean.spi.BeanRegistry;
import io.debezium.bean.spi.BeanRegistryAware;
import io.debezium.data.Envelope;
import io.debezium.data.Envelope.Operation;
import io.debezium.data.VariableScaleDecimal;
import io.debezium.jdbc.JdbcConnection;
import io.debezium.processors.spi.PostProcessor;
import io.debezium.relational.Column;
import io.debezium.relational.RelationalDatabaseConnectorConfig;
import io.debezium.relational.RelationalDatabaseSchema;
import io.debezium.relational.Table;
import io.debezium.relational.TableId;
import io.debezium.relational.ValueConverterProvider;
import io.debezium.time.Date;
import io.debezium.time.MicroTime;
import io.debezium.time.MicroTimestamp;
import io.debezium.time.Time;
import io.debezium.time.Timestamp;
import org.apache.kafka.connect.data.Field;
import org.apache.kafka.connect.data.Struct;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.Collection;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * For Debezium: gives the row of a changed key the large values that the update left as they were. The log does not have them,
 * and the event, a create, is the only one that tells of the row: so they are read from the database. If the row was changed
 * again by then, they may be newer than the event, and a later event has them, too; if it is gone, the event keeps
 * Debezium's placeholders, and a later one deletes the row.
 *
 * <p>Debezium's own {@code ReselectColumnsPostProcessor} would read again for every update, and finds no row by a key that is a
 * date or whose name needs quotes.
 */
public final class UnsentValues implements PostProcessor, BeanRegistryAware {
    static final String NAME = "unsent";

    private static final String TEXT = RelationalDatabaseConnectorConfig.DEFAULT_UNAVAILABLE_VALUE_PLACEHOLDER;
    private static final byte[] BYTES = TEXT.getBytes(StandardCharsets.US_ASCII);

    /** As in Debezium's {@code UnchangedToastedPlaceholder}; one that is a real value is only read again. */
    private static final List<Object> PLACEHOLDERS = List.of(
            TEXT,
            ByteBuffer.wrap(BYTES),
            UUID.nameUUIDFromBytes(BYTES).toString(),
            Map.of(TEXT, TEXT),
            "{\"" + TEXT + "\":\"" + TEXT + "\"}",
            IntStream.range(0, BYTES.length)
                    .mapToObj(index -> (int) BYTES[index])
                    .toList(),
            IntStream.range(0, BYTES.length)
                    .mapToObj(index -> (long) BYTES[index])
                    .toList());

    /** What the connector is made of; given before the first event. */
    private @Nullable BeanRegistry beans;

    @Override
    public void configure(Map<String, ?> properties) {}

    @Override
    public void injectBeanRegistry(BeanRegistry registry) {
        beans = registry;
    }

    private <T> T bean(String name, Class<T> type) {
        return Objects.requireNonNull(beans).lookupByName(name, type);
    }

    /** Only the create of a changed key has placeholders: a new row is sent whole. */
    @Override
    public void apply(@Nullable Object key, @Nullable Struct envelope) {
        if (envelope == null || !Operation.CREATE.code().equals(envelope.getString(Envelope.FieldName.OPERATION))) {
            return;
        }
        Struct row = envelope.getStruct(Envelope.FieldName.AFTER);
        List<Field> unsent = row.schema().fields().stream()
                .filter(field -> isPlaceholder(row.get(field)))
                .toList();
        if (!unsent.isEmpty()) {
            read(envelope.getStruct(Envelope.FieldName.SOURCE), row, unsent);
        }
    }

    private static boolean isPlaceholder(@Nullable Object value) {
        if (value instanceof byte[] bytes) {
            return isPlaceholder(ByteBuffer.wrap(bytes));
        }
        if (value instanceof Collection<?> array && array.size() == 1) {
            return isPlaceholder(array.iterator().next());
        }
        return value != null && PLACEHOLDERS.contains(value);
    }

    private void read(Struct source, Struct row, List<Field> unsent) {
        TableName name = new TableName(source.getString("schema"), source.getString("table"));
        RelationalDatabaseSchema tables = bean(StandardBeanNames.DATABASE_SCHEMA, RelationalDatabaseSchema.class);
        JdbcConnection connection = bean(StandardBeanNames.JDBC_CONNECTION, JdbcConnection.class);
        Table table = tables.tableFor(new TableId(null, name.schema(), name.table()));
        List<String> key = table.primaryKeyColumnNames();
        // The whole row: a column that was dropped since cannot be named.
        String query = key.stream()
                .map(column -> Sql.identifier(column) + " = ?")
                .collect(Collectors.joining(" AND ", "SELECT * FROM " + name.sql() + " WHERE ", ""));
        try (PreparedStatement statement = connection.connection().prepareStatement(query)) {
            for (int index = 0; index < key.size(); index++) {
                // Of no type: the server reads it as one of the column's.
                statement.setObject(index + 1, text(row.schema().field(key.get(index)), row), Types.OTHER);
            }
            try (ResultSet found = statement.executeQuery()) {
                if (found.next()) {
                    for (Field field : unsent) {
                        Object value = value(found, table, field);
                        if (value != null || field.schema().isOptional()) {
                            row.put(field, value);
                        }
                    }
                }
            }
        } catch (SQLException failure) {
            throw new DebeziumException("cannot read the row of a changed key of " + name, failure);
        }
    }

    /** A value of a key as PostgreSQL reads it. */
    private static String text(Field field, Struct row) {
        Object value = row.get(field);
        if (value instanceof ByteBuffer bytes) {
            byte[] copy = new byte[bytes.remaining()];
            bytes.duplicate().get(copy);
            return "\\x" + HexFormat.of().formatHex(copy);
        }
        return switch (Objects.requireNonNullElse(field.schema().name(), "")) {
            case Date.SCHEMA_NAME -> LocalDate.ofEpochDay((Integer) value).toString();
            case Time.SCHEMA_NAME ->
                LocalTime.ofNanoOfDay(1_000_000L * (Integer) value).toString();
            case MicroTime.SCHEMA_NAME ->
                LocalTime.ofNanoOfDay(1_000 * (Long) value).toString();
            case Timestamp.SCHEMA_NAME -> dateTime((Long) value, ChronoUnit.MILLIS);
            case MicroTimestamp.SCHEMA_NAME -> dateTime((Long) value, ChronoUnit.MICROS);
            case VariableScaleDecimal.LOGICAL_NAME ->
                VariableScaleDecimal.toLogical((Struct) value).toString();
            default -> value.toString();
        };
    }

    private static String dateTime(long sinceEpoch, ChronoUnit unit) {
        return LocalDateTime.ofEpochSecond(0, 0, ZoneOffset.UTC)
                .plus(sinceEpoch, unit)
                .toString();
    }

    /** As Debezium has it of a row that it reads in a snapshot; a dropped column is null. */
    private @Nullable Object value(ResultSet row, Table table, Field field) throws SQLException {
        ValueConverterProvider converters = bean(StandardBeanNames.VALUE_CONVERTER, ValueConverterProvider.class);
        JdbcConnection connection = bean(StandardBeanNames.JDBC_CONNECTION, JdbcConnection.class);
        ResultSetMetaData columns = row.getMetaData();
        for (int index = 1; index <= columns.getColumnCount(); index++) {
            if (columns.getColumnName(index).equals(field.name())) {
                Column column = table.columnWithName(field.name());
                return converters
                        .converter(column, field)
                        .convert(connection.getColumnValue(row, index, column, table));
            }
        }
        return null;
    }

    @Override
    public void close() {}
}
