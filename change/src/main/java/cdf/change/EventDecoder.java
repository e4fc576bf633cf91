package cdf.change;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Decodes Kafka records into the rows of one table, straight from bytes and without allocation but for what is rare. Each
 * event is checked in full. Not thread-safe: the decoder holds the outcome until it decodes the next event.
 *
 * <p>The envelope is bare or wrapped; see {@link Envelope}. A value must fit its column exactly; it is never rounded,
 * wrapped around or coerced. How values are written is Debezium's JSON (Debezium documentation, "Debezium connector for
 * PostgreSQL", "Data type mappings", "Temporal types" and "Decimal types"; Kafka Connect's {@code JsonConverter} for bytes):
 *
 * <ul>
 *   <li>STRING is text; BOOLEAN true or false; INT and BIGINT are integers without fraction and exponent.
 *   <li>DOUBLE is a number, or the text {@code NaN}, {@code Infinity} or {@code -Infinity}. It is the nearest double.
 *   <li>DECIMAL is a number, or text that is the base64 of the unscaled value's big-endian bytes ({@code
 *       decimal.handling.mode=precise}), whose scale is the column's, or what a wrapped event's schema says. If a wrapped
 *       event's schema says {@code string}, text is the number's digits ({@code decimal.handling.mode=string}); a bare
 *       event cannot say so, and text in it is always base64.
 *   <li>DATE is an integer, days since 1970-01-01, or text such as {@code 2026-02-28}.
 *   <li>TIMESTAMP is an integer, milli-, micro- or nanoseconds since 1970-01-01T00:00Z as a wrapped event's schema or else
 *       the column's type says, or text with an offset such as {@code 2026-02-28T23:59:59.999999Z}. Either must be a whole
 *       number of microseconds.
 *   <li>BIGINT is an integer; a time of day that a wrapped event has in milliseconds is brought to microseconds.
 *   <li>BINARY is base64.
 * </ul>
 *
 * <p>Of a wrapped event a STRING takes, beside text, what has no type of its own here: a Connect {@code Decimal} or Debezium's
 * {@code VariableScaleDecimal} as its digits, an array, map or struct as its JSON without white space.
 */
public final class EventDecoder {
    /** What an event comes to. */
    public enum Outcome {
        /** The row of the key is {@link #row()} from now on, whether there was one or not. */
        UPSERT,
        /** There is no row of the key any more. {@link #row()} has the key's columns; the others are null. */
        DELETE,
        /** There are no rows any more. */
        TRUNCATE,
        /** The event changes no row: a tombstone, or a message in the database's log. */
        IGNORED,
        /** The event is not valid, for a {@link #reason()}. */
        REJECTED,
        /** The table must become another one to hold the event, which says its {@link #eventSchema()}. */
        OTHER_SCHEMA
    }

    private final TableSchema schema;
    private final int[] keyColumns;

    /** The columns in which an update can have placeholders. */
    private final int[] placeholderColumns;

    private boolean partial;
    private final JsonCursor cursor = new JsonCursor();
    private final EnvelopeFields fields;
    private final RecordKey recordKey;
    private final KeyHash keyHash = new KeyHash();

    private ColumnValues row;
    private @Nullable Rejection rejection;
    private long sequence;
    private @Nullable EventSchema eventSchema;

    private final KeySchemas keySchemas;

    private final boolean learning;

    /** A decoder of events whose order is the topic's. */
    public EventDecoder(TableSchema schema) {
        this(schema, Optional.empty());
    }

    /** A decoder that takes what fits the table from events, whatever their schemas are. */
    public EventDecoder(TableSchema schema, Optional<SequencePath> sequenceBy) {
        this(schema, sequenceBy, false);
    }

    /**
     * @param sequenceBy where the number is that orders the changes of a row, and without which none is accepted
     * @param learning whether the table follows the schemas of wrapped events, and no event with other columns is decoded
     */
    public EventDecoder(TableSchema schema, Optional<SequencePath> sequenceBy, boolean learning) {
        this.learning = learning;
        this.schema = schema;
        keyColumns = schema.key().stream().mapToInt(Integer::intValue).toArray();
        placeholderColumns = IntStream.range(0, schema.columns().size())
                .filter(column -> !schema.key().contains(column)
                        && schema.columns().get(column).type().storage() == ColumnType.Storage.BYTES)
                .toArray();
        RowReader rows = new RowReader(schema, cursor);
        fields = new EnvelopeFields(schema, sequenceBy, learning, cursor, rows);
        keySchemas = new KeySchemas(schema);
        recordKey = new RecordKey(schema, cursor, rows);
        row = fields.after();
    }

    /**
     * Decodes one record.
     *
     * @param key the record's key, which tells the row of a delete without {@code before}; else it is not looked at
     * @param value the record's value; must not change as long as the outcome is in use, for the row's bytes are its bytes
     */
    public Outcome decode(byte @Nullable [] key, byte @Nullable [] value) {
        rejection = null;
        partial = false;
        if (value == null) {
            return Outcome.IGNORED;
        }
        try {
            Operation operation = fields.read(value);
            if (learning && isOfOtherSchema(key)) {
                return Outcome.OTHER_SCHEMA;
            }
            return switch (operation) {
                case READ -> upsert(operation);
                case CREATE -> withoutPlaceholders(upsert(operation));
                case UPDATE -> withoutPlaceholders(update());
                case DELETE -> delete(key);
                case TRUNCATE -> Outcome.TRUNCATE;
                case MESSAGE -> Outcome.IGNORED;
            };
        } catch (Rejection rejected) {
            rejection = rejected;
            return Outcome.REJECTED;
        }
    }

    /**
     * Whether the row of an UPSERT has values that are {@linkplain ColumnValues#isUnavailable unavailable}: an update left
     * them as they were, and the event does not have them.
     */
    public boolean isPartial() {
        return partial;
    }

    /** The row of an UPSERT, the key's columns of a DELETE. */
    public ColumnValues row() {
        return row;
    }

    /** The upper word of the {@linkplain KeyHash hash} of the key of an UPSERT or a DELETE. */
    public long keyHigh() {
        return keyHash.high();
    }

    /** The lower word of the hash of the key. */
    public long keyLow() {
        return keyHash.low();
    }

    /** The number, from 0, that orders the change of an UPSERT or a DELETE; 0 if the order is the topic's. */
    public long sequence() {
        return sequence;
    }

    /** Why an event is REJECTED, in one line: what is wrong, and where. */
    public String reason() {
        return rejected().reason();
    }

    /** The column at fault of a REJECTED event, if one is. */
    public Optional<String> columnAtFault() {
        return Optional.ofNullable(rejected().column());
    }

    /** What the event of the outcome OTHER_SCHEMA says of its table. */
    public EventSchema eventSchema() {
        if (eventSchema == null) {
            throw new IllegalStateException("the last event had no other schema");
        }
        return eventSchema;
    }

    /** Whether the columns are not the table's, or the record key's schema has another key. */
    private boolean isOfOtherSchema(byte @Nullable [] key) {
        Optional<List<String>> otherKey = keySchemas.otherKey(key);
        eventSchema = fields.otherSchema();
        if (otherKey.isPresent()) {
            EventSchema columns = eventSchema == null ? EventSchema.of(schema) : eventSchema;
            eventSchema = columns.withKey(otherKey.get());
        }
        return eventSchema != null;
    }

    private Rejection rejected() {
        if (rejection == null) {
            throw new IllegalStateException("the last event was not rejected");
        }
        return rejection;
    }

    private Outcome upsert(Operation operation) throws Rejection {
        if (!fields.hasAfter()) {
            throw new Rejection("\"" + Envelope.AFTER + "\" is missing, but \"" + Envelope.OPERATION + "\" is \""
                    + operation.letter() + "\"");
        }
        row = fields.after();
        row.requireSound();
        row.requireAll(keyColumns, Envelope.AFTER);
        hashKey();
        sequence = fields.sequence();
        return Outcome.UPSERT;
    }

    private Outcome update() throws Rejection {
        Outcome upsert = upsert(Operation.UPDATE);
        if (fields.hasBefore()) {
            ColumnValues before = fields.before();
            before.requireSound();
            if (before.hasAll(keyColumns)) {
                requireSameKey(before);
            }
        }
        return upsert;
    }

    /** A create can have placeholders, too: a change of the key is a delete and a create. */
    private Outcome withoutPlaceholders(Outcome upsert) throws Rejection {
        if (row.hasPlaceholder(placeholderColumns) && fields.isOfConnector()) {
            row.dropPlaceholders(placeholderColumns);
            partial = true;
        }
        return upsert;
    }

    private Outcome delete(byte @Nullable [] key) throws Rejection {
        row = fields.before();
        if (fields.hasBefore()) {
            row.requireSound();
        }
        if (!fields.hasBefore() || !row.hasAll(keyColumns)) {
            recordKey.read(key, row);
        }
        hashKey();
        sequence = fields.sequence();
        return Outcome.DELETE;
    }

    private void requireSameKey(ColumnValues before) throws Rejection {
        for (int column : keyColumns) {
            if (!row.hasSame(column, before)) {
                String name = schema.columns().get(column).name();
                throw new Rejection(
                        "the update changes the key: column \"" + name + "\" differs in \"" + Envelope.BEFORE
                                + "\" and \"" + Envelope.AFTER + "\"",
                        name);
            }
        }
    }

    private void hashKey() {
        keyHash.start();
        for (int column : keyColumns) {
            row.addTo(keyHash, column);
        }
        keyHash.finish();
    }
}
