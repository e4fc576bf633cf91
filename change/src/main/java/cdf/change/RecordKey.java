package cdf.change;

import cdf.change.ColumnType.Kind;
import cdf.change.JsonCursor.Token;
import org.jspecify.annotations.Nullable;

import java.util.List;

/**
 * Reads the key of a Kafka record as the key of a row: a JSON object with the key's columns, bare or wrapped in {@code
 * schema} and {@code payload}; if the key is one column, also its value alone, bare or wrapped; and if that is a STRING,
 * also the text itself, which then is neither a JSON object nor text in quotes. Not thread-safe.
 */
final class RecordKey {
    private static final int SCHEMA = 0;
    private static final int PAYLOAD = 1;
    private static final List<String> NAMES = List.of(Envelope.SCHEMA, Envelope.PAYLOAD);
    private static final int NOWHERE = -1;
    private static final String IMAGE = "record key";

    private final JsonCursor cursor;
    private final RowReader rows;
    private final KnownNames names = new KnownNames(NAMES);
    private final ColumnReader[] bareReaders;
    private final WrappedReaders wrappedReaders;
    private final int[] columns;
    private final boolean[] isKeyColumn;
    private final boolean mayBeRawText;

    RecordKey(TableSchema schema, JsonCursor cursor, RowReader rows) {
        this.cursor = cursor;
        this.rows = rows;
        bareReaders = ColumnReader.of(schema, ConnectSchema.UNKNOWN);
        wrappedReaders = new WrappedReaders(schema);
        columns = schema.key().stream().mapToInt(Integer::intValue).toArray();
        isKeyColumn = new boolean[schema.columns().size()];
        schema.key().forEach(column -> isKeyColumn[column] = true);
        mayBeRawText =
                columns.length == 1 && schema.columns().get(columns[0]).type().kind() == Kind.STRING;
    }

    /** Reads all the key's columns into a row. */
    void read(byte @Nullable [] key, ColumnValues row) throws Rejection {
        if (key == null) {
            throw new Rejection("\"" + Envelope.BEFORE + "\" has no key, and neither has the record");
        }
        cursor.start(key);
        row.start(key);
        if (mayBeRawText && !isObjectOrText()) {
            if (!Utf8.isValid(key)) {
                throw new Rejection("record key: not UTF-8");
            }
            row.setBytes(columns[0], key, 0, key.length);
            return;
        }
        try {
            readJson(key, row);
        } catch (Rejection rejected) {
            throw rejected.column() == null ? new Rejection("record key: " + rejected.reason()) : rejected;
        }
    }

    private boolean isObjectOrText() {
        if (!cursor.isAtObject() && !cursor.isAtText()) {
            return false;
        }
        try {
            cursor.readValue();
            cursor.finish();
            return true;
        } catch (Rejection notJson) {
            return false;
        }
    }

    private void readJson(byte[] key, ColumnValues row) throws Rejection {
        cursor.moveTo(0, 0);
        readValue(bareReaders, row);
        cursor.finish();
        if (!row.hasAll(columns)) {
            cursor.moveTo(0, 0);
            readPayload(key, row);
        }
        row.requireSound();
        row.requireAll(columns, IMAGE);
    }

    private void readValue(ColumnReader[] readers, ColumnValues row) throws Rejection {
        if (cursor.isAtObject()) {
            rows.read(readers, isKeyColumn, IMAGE, row);
        } else if (columns.length == 1) {
            rows.readColumn(readers[columns[0]], columns[0], IMAGE, row);
        } else {
            throw new Rejection("not a JSON object but " + cursor.readValue().description());
        }
    }

    /** Reads what is wrapped, if something is. */
    private void readPayload(byte[] key, ColumnValues row) throws Rejection {
        if (!cursor.isAtObject()) {
            return;
        }
        int schemaFrom = NOWHERE;
        int schemaTo = NOWHERE;
        int payloadFrom = NOWHERE;
        names.start();
        int object = cursor.enterObject();
        for (boolean more = cursor.hasFirstField(); more; more = cursor.hasNextField()) {
            int field = cursor.readName(names, object);
            int from = cursor.position();
            Token token = cursor.readValue();
            if (field == SCHEMA && token == Token.OBJECT) {
                schemaFrom = from;
                schemaTo = cursor.position();
            } else if (field == PAYLOAD) {
                payloadFrom = from;
            }
        }
        if (payloadFrom != NOWHERE) {
            ColumnReader[] readers =
                    schemaFrom == NOWHERE ? bareReaders : wrappedReaders.ofRow(key, schemaFrom, schemaTo);
            row.start(key);
            cursor.moveTo(payloadFrom, 1);
            readValue(readers, row);
        }
    }
}
