package cdf.change;

import cdf.change.JsonCursor.Token;
import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Reads the fields of an event's envelope, in whatever order they come, and the rows in them. Of {@code before} it reads
 * the key alone; {@code after} it reads in full. Not thread-safe.
 *
 * <p>All wrapped events of a topic begin with the same bytes, up to the envelope in them. So these are remembered with what
 * they mean, and the next event that begins so is read from there.
 */
final class EnvelopeFields {
    private static final int OPERATION = 0;
    private static final int TIMESTAMP = 1;
    private static final int BEFORE = 2;
    private static final int AFTER = 3;
    private static final int SCHEMA = 4;
    private static final int PAYLOAD = 5;
    /** The first field on the way to the number that orders changes, unless that is one of the others. */
    private static final int SEQUENCE = 6;

    private static final List<String> NAMES = List.of(
            Envelope.OPERATION, Envelope.TIMESTAMP, Envelope.BEFORE, Envelope.AFTER, Envelope.SCHEMA, Envelope.PAYLOAD);

    private static final String SOURCE = "source";
    private static final int SCHEMA_AND_PAYLOAD = (1 << SCHEMA) | (1 << PAYLOAD);
    private static final int NOWHERE = -1;
    private static final Operation[] OPERATIONS = Operation.values();

    private final JsonCursor cursor;
    private final RowReader rows;
    private final List<String> nameTexts;
    private final KnownNames names;
    private final @Nullable SequenceReader sequence;
    private final boolean timestampIsSequence;
    private final ColumnReader[] bareReaders;
    private final WrappedReaders wrappedReaders;
    private final boolean[] allColumns;
    private final boolean[] keyColumns;
    private final ColumnValues before;
    private final ColumnValues after;

    /** What the last wrapped event began with, and the readers for what follows. */
    private byte[] wrapping = {};

    private ColumnReader[] wrappingReaders;

    private final TableSchema table;
    private final boolean learning;

    /** What the event's schema says of its rows, if that is not what the table has. */
    private @Nullable EventSchema otherSchema;

    /** The fields that were there, a bit each; the highest bit if there were others. */
    private int seen;

    private @Nullable Operation operation;
    private boolean hasBefore;
    private boolean hasAfter;
    private int schemaFrom;
    private int schemaTo;
    private int payloadFrom;

    /** Where the envelope begins, and inside of how many objects; and whether a schema stands before it. */
    private int envelopeFrom;

    private int envelopeDepth;
    private boolean hasSchema;
    private final KnownNames sourceName = new KnownNames(List.of(SOURCE));

    /**
     * @param sequenceBy where the number is that orders changes, if one does
     * @param learning whether the table follows the events' schemas
     */
    EnvelopeFields(
            TableSchema schema,
            Optional<SequencePath> sequenceBy,
            boolean learning,
            JsonCursor cursor,
            RowReader rows) {
        this.table = schema;
        this.learning = learning;
        this.cursor = cursor;
        this.rows = rows;
        sequence = sequenceBy.map(path -> new SequenceReader(path, cursor)).orElse(null);
        List<String> sequenceNames =
                sequenceBy.map(path -> path.parts().subList(0, 1)).orElse(List.of());
        timestampIsSequence = sequenceNames.contains(Envelope.TIMESTAMP);
        nameTexts = timestampIsSequence
                ? NAMES
                : Stream.of(NAMES, sequenceNames).flatMap(List::stream).toList();
        names = new KnownNames(nameTexts);
        bareReaders = ColumnReader.of(schema, ConnectSchema.UNKNOWN);
        wrappingReaders = bareReaders;
        wrappedReaders = new WrappedReaders(schema);
        allColumns = new boolean[schema.columns().size()];
        Arrays.fill(allColumns, true);
        keyColumns = new boolean[schema.columns().size()];
        schema.key().forEach(column -> keyColumns[column] = true);
        before = new ColumnValues(schema);
        after = new ColumnValues(schema);
    }

    /** Reads an event and returns its operation. */
    Operation read(byte[] value) throws Rejection {
        cursor.start(value);
        otherSchema = null;
        if (!readKnownWrapping(value)) {
            readAnything(value);
        }
        if (operation == null) {
            throw new Rejection("\"" + Envelope.OPERATION + "\" is missing");
        }
        return operation;
    }

    /** The number that orders the change, 0 if none does. */
    long sequence() throws Rejection {
        return sequence == null ? 0 : sequence.value();
    }

    /**
     * Whether a connector wrote the event: it says its schema, or its source. What looks like a placeholder in another event
     * is a value.
     */
    boolean isOfConnector() throws Rejection {
        if (hasSchema) {
            return true;
        }
        cursor.moveTo(envelopeFrom, envelopeDepth);
        sourceName.start();
        int object = cursor.enterObject();
        for (boolean more = cursor.hasFirstField(); more; more = cursor.hasNextField()) {
            int field = cursor.readName(sourceName, object);
            if (cursor.readValue() == Token.OBJECT && field != KnownNames.UNKNOWN) {
                return true;
            }
        }
        return false;
    }

    /** What the event's schema says of its rows, if the table cannot hold them as it is; only if it is learning. */
    @Nullable
    EventSchema otherSchema() {
        return otherSchema;
    }

    boolean hasBefore() {
        return hasBefore;
    }

    /** The key of the row before the change, if there is {@link #hasBefore()}. */
    ColumnValues before() {
        return before;
    }

    boolean hasAfter() {
        return hasAfter;
    }

    /** The row after the change, if there is {@link #hasAfter()}. */
    ColumnValues after() {
        return after;
    }

    /** Reads an event that begins as the last wrapped one; whether it is one and has nothing after the envelope. */
    private boolean readKnownWrapping(byte[] value) throws Rejection {
        int length = wrapping.length;
        if (length == 0 || value.length < length || !Arrays.equals(value, 0, length, wrapping, 0, length)) {
            return false;
        }
        cursor.moveTo(length, 1);
        if (!cursor.isAtObject()) {
            return false;
        }
        hasSchema = true;
        readFields(wrappingReaders);
        if (cursor.hasNextField()) {
            return false;
        }
        cursor.finish();
        return true;
    }

    private void readAnything(byte[] value) throws Rejection {
        cursor.moveTo(0, 0);
        if (!cursor.isAtObject()) {
            throw value.length == 0
                    ? new Rejection("empty value")
                    : new Rejection(
                            "not a JSON object but " + cursor.readValue().description());
        }
        hasSchema = false;
        envelopeFrom = 0;
        envelopeDepth = 0;
        readFields(bareReaders);
        cursor.finish();
        if (operation == null && payloadFrom != NOWHERE) {
            readPayload(value);
        }
    }

    private void readPayload(byte[] value) throws Rejection {
        ColumnReader[] readers = bareReaders;
        if (schemaFrom != NOWHERE) {
            readers = wrappedReaders.ofEnvelope(value, schemaFrom, schemaTo);
            if (learning) {
                otherSchema = wrappedReaders
                        .rows()
                        .filter(rowSchema -> !(rowSchema.change(table) instanceof SchemaChange.None))
                        .orElse(null);
            }
            if (otherSchema == null && seen == SCHEMA_AND_PAYLOAD && schemaFrom < payloadFrom) {
                wrapping = Arrays.copyOf(value, payloadFrom);
                wrappingReaders = readers;
            }
        }
        hasSchema = schemaFrom != NOWHERE;
        envelopeFrom = payloadFrom;
        envelopeDepth = 1;
        cursor.moveTo(payloadFrom, 1);
        readFields(readers);
    }

    private void readFields(ColumnReader[] readers) throws Rejection {
        seen = 0;
        operation = null;
        hasBefore = false;
        hasAfter = false;
        schemaFrom = NOWHERE;
        payloadFrom = NOWHERE;
        if (sequence != null) {
            sequence.start();
        }
        names.start();
        int object = cursor.enterObject();
        for (boolean more = cursor.hasFirstField(); more; more = cursor.hasNextField()) {
            int field = cursor.readName(names, object);
            if (field != KnownNames.UNKNOWN && (seen & (1 << field)) != 0) {
                throw JsonCursor.twice(nameTexts.get(field));
            }
            seen |= 1 << field;
            switch (field) {
                case OPERATION -> readOperation();
                case TIMESTAMP -> readTimestamp();
                case BEFORE -> hasBefore = readRow(readers, keyColumns, Envelope.BEFORE, before);
                case AFTER -> hasAfter = readRow(readers, allColumns, Envelope.AFTER, after);
                case SCHEMA -> findSchema();
                case PAYLOAD -> findPayload();
                case SEQUENCE -> readSequence();
                default -> cursor.readValue();
            }
        }
    }

    private void readOperation() throws Rejection {
        Token token = cursor.readValue();
        if (token == Token.NULL) {
            return;
        }
        if (token != Token.TEXT) {
            throw new Rejection("\"" + Envelope.OPERATION + "\" is not text but " + token.description());
        }
        cursor.unescape();
        if (cursor.textTo() - cursor.textFrom() == 1) {
            for (Operation candidate : OPERATIONS) {
                if (candidate.letter().charAt(0) == cursor.text()[cursor.textFrom()]) {
                    operation = candidate;
                    return;
                }
            }
        }
        throw new Rejection(
                "\"" + Envelope.OPERATION + "\" is " + cursor.shown(token) + ", which is no known operation");
    }

    private void readSequence() throws Rejection {
        if (sequence != null) {
            sequence.read();
        }
    }

    private void readTimestamp() throws Rejection {
        Token token = cursor.readValue();
        if (token != Token.NULL && !(token == Token.NUMBER && cursor.number().isLong())) {
            throw new Rejection("\"" + Envelope.TIMESTAMP + "\" is not a number of milliseconds");
        }
        if (timestampIsSequence && sequence != null) {
            sequence.take(token);
        }
    }

    private boolean readRow(ColumnReader[] readers, boolean[] wanted, String image, ColumnValues row) throws Rejection {
        if (cursor.isAtObject()) {
            rows.read(readers, wanted, image, row);
            return true;
        }
        Token token = cursor.readValue();
        if (token != Token.NULL) {
            throw new Rejection("\"" + image + "\" is not a row but " + token.description());
        }
        return false;
    }

    private void findSchema() throws Rejection {
        int from = cursor.position();
        if (cursor.readValue() == Token.OBJECT) {
            schemaFrom = from;
            schemaTo = cursor.position();
        }
    }

    private void findPayload() throws Rejection {
        int from = cursor.position();
        if (cursor.readValue() == Token.OBJECT) {
            payloadFrom = from;
        }
    }
}
