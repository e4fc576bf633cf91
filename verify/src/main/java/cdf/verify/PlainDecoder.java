package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType.Kind;
import cdf.change.Envelope;
import cdf.change.Operation;
import cdf.change.TableSchema;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Decodes events the plain way: Jackson, maps, BigDecimal and java.time. It has nothing in common with the decoder that
 * the table is made with, {@link cdf.change.EventDecoder}, whose Javadoc says how values are written; each is the test of
 * the other.
 *
 * <p>A row is a list with a value for each column, in the order of the schema: String, Boolean, Integer (INT, and DATE in
 * days since 1970-01-01), Long (BIGINT, and TIMESTAMP in microseconds since 1970-01-01T00:00Z), Double, BigDecimal with the
 * column's scale, the hexadecimal digits of a BINARY, or null. A key is the value of the key's column, or the list of them.
 *
 * <p>Thread-safe.
 */
final class PlainDecoder {
    private final TableSchema schema;
    private final Map<String, Integer> columns = new HashMap<>();
    private final Map<String, Integer> keyColumns = new HashMap<>();
    private final String @Nullable [] sequencePath;
    private final boolean widening;

    /** @param sequenceBy where the envelope has the number that orders changes, such as {@code source.lsn} */
    PlainDecoder(TableSchema schema, Optional<String> sequenceBy) {
        this(schema, sequenceBy.map(path -> path.split("\\.", -1)).orElse(null), false);
    }

    private PlainDecoder(TableSchema schema, String @Nullable [] sequencePath, boolean widening) {
        this.schema = schema;
        this.sequencePath = sequencePath;
        this.widening = widening;
        for (int column = 0; column < schema.columns().size(); column++) {
            columns.put(schema.columns().get(column).name(), column);
        }
        schema.key()
                .forEach(column -> keyColumns.put(schema.columns().get(column).name(), column));
    }

    /** One for events of which the table may have to become wider: a number that does not fit its column is taken as it is. */
    PlainDecoder widening() {
        return new PlainDecoder(schema, sequencePath, true);
    }

    PlainEvent decode(byte @Nullable [] key, byte @Nullable [] value) {
        if (value == null) {
            return new PlainEvent.Nothing();
        }
        try {
            return decodeEnvelope(key, checked(PlainJson.object(PlainJson.parse(value))));
        } catch (Misfit misfit) {
            return new PlainEvent.Unreadable(misfit.column());
        }
    }

    /** A row that a JSON object has as the values of its fields; empty if it is none. */
    Optional<List<@Nullable Object>> row(String json) {
        try {
            List<@Nullable Object> row = row(PlainJson.object(PlainJson.parse(json)), Map.of(), columns);
            return hasKey(row) ? Optional.of(row) : Optional.empty();
        } catch (Misfit misfit) {
            return Optional.empty();
        }
    }

    /**
     * Where a change comes from, as Debezium's {@code source.txId} and {@code source.lsn} have it.
     *
     * @param transaction the number of the transaction that made it
     * @param position its place in the source's log
     */
    record Origin(long transaction, long position) {}

    /** Where the change of a record comes from; empty if that does not say it. */
    static Optional<Origin> origin(byte @Nullable [] value) {
        return envelope(value).flatMap(envelope -> {
            OptionalLong transaction = sourceNumber(envelope, "txId");
            OptionalLong position = sourceNumber(envelope, "lsn");
            return transaction.isPresent() && position.isPresent()
                    ? Optional.of(new Origin(transaction.getAsLong(), position.getAsLong()))
                    : Optional.empty();
        });
    }

    private static OptionalLong sourceNumber(Map<?, ?> envelope, String name) {
        return envelope.get("source") instanceof Map<?, ?> source
                        && source.get(name) instanceof PlainJson.Numeral number
                        && number.isLong()
                ? OptionalLong.of(number.longValue())
                : OptionalLong.empty();
    }

    /** Whether a snapshot of the source has what a record tells of; what was read from the source is older than any. */
    static boolean isIn(SourceSnapshot snapshot, byte @Nullable [] value) {
        return envelope(value)
                .filter(envelope -> !Operation.READ.letter().equals(envelope.get(Envelope.OPERATION)))
                .map(envelope -> sourceNumber(envelope, "txId"))
                .stream()
                .flatMapToLong(OptionalLong::stream)
                .allMatch(snapshot::includes);
    }

    private static Optional<Map<?, ?>> envelope(byte @Nullable [] value) {
        if (value == null) {
            return Optional.empty();
        }
        try {
            return PlainJson.find(PlainJson.utf8(value))
                    .map(fields -> fields.get(Envelope.PAYLOAD) instanceof Map<?, ?> payload ? payload : fields);
        } catch (Misfit notText) {
            return Optional.empty();
        }
    }

    /** The key of a row that has one. */
    Object key(List<@Nullable Object> row) {
        if (schema.key().size() == 1) {
            return Objects.requireNonNull(row.get(schema.key().get(0)));
        }
        List<Object> key = new ArrayList<>(schema.key().size());
        schema.key().forEach(column -> key.add(Objects.requireNonNull(row.get(column))));
        return key;
    }

    String columnName(int column) {
        return schema.columns().get(column).name();
    }

    private PlainEvent decodeEnvelope(byte @Nullable [] key, Map<?, ?> fields) throws Misfit {
        Map<?, ?> envelope = fields;
        Map<?, ?> rowSchema = Map.of();
        if (fields.get(Envelope.OPERATION) == null && fields.get(Envelope.PAYLOAD) instanceof Map<?, ?> payload) {
            envelope = checked(payload);
            rowSchema = field(fields.get(Envelope.SCHEMA), Envelope.AFTER);
        }
        if (!(envelope.get(Envelope.OPERATION) instanceof String letter)) {
            throw new Misfit();
        }
        Operation operation = Operation.ofLetter(letter).orElseThrow(Misfit::new);
        boolean ofConnector = (envelope != fields && fields.get(Envelope.SCHEMA) instanceof Map<?, ?>)
                || envelope.get("source") instanceof Map<?, ?>;
        return switch (operation) {
            case CREATE, READ, UPDATE -> upserted(operation, envelope, rowSchema, ofConnector);
            case DELETE -> new PlainEvent.Deleted(keyOfDeleted(key, envelope, rowSchema), sequence(envelope));
            case TRUNCATE -> new PlainEvent.Truncated();
            case MESSAGE -> new PlainEvent.Nothing();
        };
    }

    private PlainEvent upserted(Operation operation, Map<?, ?> envelope, Map<?, ?> rowSchema, boolean ofConnector)
            throws Misfit {
        List<@Nullable Object> after = row(PlainJson.object(envelope.get(Envelope.AFTER)), rowSchema, columns);
        requireKey(after);
        long sequence = sequence(envelope);
        if (operation == Operation.UPDATE && envelope.get(Envelope.BEFORE) instanceof Map<?, ?> before) {
            requireSameKey(row(before, rowSchema, keyColumns), after);
        }
        List<Integer> unavailable = new ArrayList<>();
        if (operation != Operation.READ && ofConnector) {
            for (int column = 0; column < after.size(); column++) {
                Object value = after.get(column);
                if (value != null
                        && !schema.key().contains(column)
                        && PlainValues.isUnavailable(
                                schema.columns().get(column).type().kind(), value)) {
                    unavailable.add(column);
                    after.set(column, null);
                }
            }
        }
        return new PlainEvent.Upserted(key(after), after, unavailable, sequence);
    }

    private Object keyOfDeleted(byte @Nullable [] key, Map<?, ?> envelope, Map<?, ?> rowSchema) throws Misfit {
        if (envelope.get(Envelope.BEFORE) instanceof Map<?, ?> before) {
            List<@Nullable Object> row = row(before, rowSchema, keyColumns);
            if (hasKey(row)) {
                return key(row);
            }
        }
        return key(recordKey(key));
    }

    private long sequence(Map<?, ?> envelope) throws Misfit {
        if (sequencePath == null) {
            return 0;
        }
        Object found = envelope;
        for (String name : sequencePath) {
            found = found instanceof Map<?, ?> fields ? fields.get(name) : null;
        }
        if (found instanceof PlainJson.Numeral number && number.isLong() && number.longValue() >= 0) {
            return number.longValue();
        }
        throw new Misfit();
    }

    private static Map<?, ?> checked(Map<?, ?> fields) throws Misfit {
        Object operation = fields.get(Envelope.OPERATION);
        Object timestamp = fields.get(Envelope.TIMESTAMP);
        boolean sound = (operation == null
                        || (operation instanceof String letter
                                && Operation.ofLetter(letter).isPresent()))
                && (timestamp == null || (timestamp instanceof PlainJson.Numeral number && number.isLong()))
                && isRowOrNull(fields.get(Envelope.BEFORE))
                && isRowOrNull(fields.get(Envelope.AFTER));
        if (!sound) {
            throw new Misfit();
        }
        return fields;
    }

    private static boolean isRowOrNull(@Nullable Object json) {
        return json == null || json instanceof Map;
    }

    /** Reads the columns that are wanted; of those that do not fit the first in the order of the fields is at fault. */
    private List<@Nullable Object> row(Map<?, ?> fields, Map<?, ?> rowSchema, Map<String, Integer> wanted)
            throws Misfit {
        @Nullable Object[] row = new @Nullable Object[columns.size()];
        for (Map.Entry<?, ?> field : fields.entrySet()) {
            Object json = field.getValue();
            Integer column = json == null ? null : wanted.get(field.getKey());
            if (column != null && json != null) {
                Column target = schema.columns().get(column);
                row[column] = value(target, json, field(rowSchema, target.name()));
            }
        }
        return Arrays.asList(row);
    }

    private Object value(Column column, Object json, Map<?, ?> valueSchema) throws Misfit {
        return widening
                ? PlainValues.valueOrNumber(column, json, valueSchema)
                : PlainValues.value(column, json, valueSchema);
    }

    private boolean hasKey(List<@Nullable Object> row) {
        return schema.key().stream().allMatch(column -> row.get(column) != null);
    }

    private void requireKey(List<@Nullable Object> row) throws Misfit {
        for (int column : schema.key()) {
            if (row.get(column) == null) {
                throw new Misfit(schema.columns().get(column));
            }
        }
    }

    private void requireSameKey(List<@Nullable Object> before, List<@Nullable Object> after) throws Misfit {
        if (!hasKey(before)) {
            return;
        }
        for (int column : schema.key()) {
            if (!Objects.equals(before.get(column), after.get(column))) {
                throw new Misfit(schema.columns().get(column));
            }
        }
    }

    private List<@Nullable Object> recordKey(byte @Nullable [] key) throws Misfit {
        if (key == null) {
            throw new Misfit();
        }
        boolean isText = schema.key().size() == 1 && onlyKeyColumn().type().kind() == Kind.STRING;
        Object json;
        try {
            json = PlainJson.parse(PlainJson.utf8(key));
        } catch (Misfit notJson) {
            if (!isText) {
                throw notJson;
            }
            return keyAlone(PlainJson.utf8(key));
        }
        if (isText && !(json instanceof Map) && !(json instanceof String)) {
            return keyAlone(PlainJson.utf8(key));
        }
        List<@Nullable Object> row = json instanceof Map<?, ?> fields ? keyRow(fields) : keyValue(json, Map.of());
        requireKey(row);
        return row;
    }

    private Column onlyKeyColumn() {
        return schema.columns().get(schema.key().get(0));
    }

    private List<@Nullable Object> keyAlone(@Nullable Object value) {
        @Nullable Object[] row = new @Nullable Object[columns.size()];
        row[schema.key().get(0)] = value;
        return Arrays.asList(row);
    }

    private List<@Nullable Object> keyRow(Map<?, ?> fields) throws Misfit {
        List<@Nullable Object> bare = keyAlone(null);
        Optional<Misfit> misfit = Optional.empty();
        try {
            bare = row(fields, Map.of(), keyColumns);
        } catch (Misfit bareMisfit) {
            misfit = Optional.of(bareMisfit);
        }
        if (misfit.isEmpty() && hasKey(bare)) {
            return bare;
        }
        if (fields.containsKey(Envelope.PAYLOAD)) {
            Map<?, ?> keySchema = fields.get(Envelope.SCHEMA) instanceof Map<?, ?> map ? map : Map.of();
            return fields.get(Envelope.PAYLOAD) instanceof Map<?, ?> payload
                    ? row(payload, keySchema, keyColumns)
                    : keyValue(fields.get(Envelope.PAYLOAD), keySchema);
        }
        if (misfit.isPresent()) {
            throw misfit.get();
        }
        return bare;
    }

    private List<@Nullable Object> keyValue(@Nullable Object json, Map<?, ?> valueSchema) throws Misfit {
        if (schema.key().size() > 1) {
            throw new Misfit();
        }
        return keyAlone(json == null ? null : value(onlyKeyColumn(), json, valueSchema));
    }

    /** The schema of a struct's field; empty if it says nothing of it. */
    private static Map<?, ?> field(@Nullable Object structSchema, String name) {
        if (structSchema instanceof Map<?, ?> struct && struct.get("fields") instanceof List<?> fields) {
            for (Object field : fields) {
                if (field instanceof Map<?, ?> candidate && name.equals(candidate.get("field"))) {
                    return candidate;
                }
            }
        }
        return Map.of();
    }
}
