package cdf.generator;

import cdf.change.Envelope;
import com.fasterxml.jackson.core.io.JsonStringEncoder;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

/** Writes changes as the keys and values of Kafka records. Not thread-safe. */
public final class EventWriter {
    /** The envelope's field for the transaction that a change is part of; always null here, as by default in Debezium. */
    static final String TRANSACTION = "transaction";

    private static final byte[] OPEN_OPERATION = utf8("{" + name(Envelope.OPERATION) + "\"");
    private static final byte[] OPEN_BEFORE = utf8("{" + name(Envelope.BEFORE));
    private static final byte[] NEXT_AFTER = utf8("," + name(Envelope.AFTER));
    private static final byte[] OPEN_ID = utf8("{" + name(UsersTable.ID) + "\"");
    private static final byte[] NEXT_LOG_SEQUENCE_NUMBER = utf8("," + name(SourceBlock.LOG_SEQUENCE_NUMBER));
    private static final byte[] CLOSE_TO_OPERATION = utf8("}," + name(Envelope.OPERATION) + "\"");
    private static final byte[] NULL = utf8("null");

    /** Fields that nobody knows; inside of them, names and values that only their place tells from known ones. */
    private static final byte[] EXTRA_FIELDS = utf8("""
            ,"extra":{"op":"x","ts_ms":"never","before":[{"id":null}],"after":{"id":5,"name":{"text":"}\\"\\u0000"}},\
            "balance":[1.5,-2e3,true,null]},"Id":"","notes":[]}""");

    private final EventFormat format;
    private final UnusualKeys keys;
    private final ByteWriter key = new ByteWriter();
    private final ByteWriter value = new ByteWriter();

    /** The length of what every value begins with; it is written once and stays in the buffer. */
    private final int valueStart;

    private Stamped stamped = new Stamped(0);
    private boolean extraFields;

    public EventWriter(EventFormat format) {
        this(format, UnusualKeys.NONE);
    }

    public EventWriter(EventFormat format, UnusualKeys keys) {
        this.format = format;
        this.keys = keys;
        if (format == EventFormat.WRAPPED) {
            value.write(utf8("{" + name(Envelope.SCHEMA) + ConnectSchema.ofEnvelope() + "," + name(Envelope.PAYLOAD)));
        }
        valueStart = value.length();
    }

    /** The key of the record: the id of the row; see {@link UnusualKeys} for those that are not ASCII. */
    public byte[] key(Change change) {
        if (keys != UnusualKeys.NONE) {
            return keys.recordKey(change.id());
        }
        return key.rewind(0).write(change.id()).toByteArray();
    }

    /**
     * The value of the record. Where deletes are followed by tombstones, that is one more record with the same key and
     * no value.
     *
     * @param timestampMillis when the change was made, in milliseconds since 1970-01-01T00:00Z
     */
    public byte[] value(Change change, long timestampMillis) {
        return value(change, timestampMillis, true, false);
    }

    /**
     * The value of the record, with or without what the row was, with or without fields that nobody knows. A schema
     * around it does not know them either.
     */
    byte[] value(Change change, long timestampMillis, boolean withBefore, boolean withExtraFields) {
        if (timestampMillis != stamped.timestampMillis) {
            stamped = new Stamped(timestampMillis);
        }
        extraFields = withExtraFields;
        Optional<UserRow> before = withBefore ? change.before() : Optional.empty();
        value.rewind(valueStart);
        switch (format) {
            case PLAIN -> writePlain(change, before);
            case DEBEZIUM -> writeDebezium(change, before);
            case WRAPPED -> {
                writeDebezium(change, before);
                value.write('}');
            }
        }
        return value.toByteArray();
    }

    private void writePlain(Change change, Optional<UserRow> before) {
        value.write(OPEN_OPERATION).writeAscii(change.operation().letter()).write(stamped.operationToBefore);
        writeRow(before);
        value.write(NEXT_AFTER);
        writeRow(change.after());
        closeObject();
    }

    private void writeDebezium(Change change, Optional<UserRow> before) {
        value.write(OPEN_BEFORE);
        writeRow(before);
        value.write(NEXT_AFTER);
        writeRow(change.after());
        value.write(stamped.afterToTransactionId).write(change.number());
        value.write(NEXT_LOG_SEQUENCE_NUMBER).write(change.number());
        value.write(CLOSE_TO_OPERATION).writeAscii(change.operation().letter()).write(stamped.operationToEnd);
        closeObject();
    }

    private void writeRow(Optional<UserRow> row) {
        if (row.isEmpty()) {
            value.write(NULL);
            return;
        }
        UserRow user = row.get();
        value.write(OPEN_ID);
        if (keys != UnusualKeys.NONE) {
            value.write(keys.json(user.id()));
        } else {
            value.write(user.id());
        }
        value.write(user.name().idToBalance()).write(user.balance());
        closeObject();
    }

    private void closeObject() {
        if (extraFields) {
            value.write(EXTRA_FIELDS);
        } else {
            value.write('}');
        }
    }

    /** What lies around a timestamp, with it: many changes are made in the same millisecond, so it is seldom encoded. */
    private static final class Stamped {
        final long timestampMillis;
        final byte[] operationToBefore;
        final byte[] afterToTransactionId;
        final byte[] operationToEnd;

        Stamped(long timestampMillis) {
            this.timestampMillis = timestampMillis;
            String timestamp = name(Envelope.TIMESTAMP) + timestampMillis;
            operationToBefore = utf8("\"," + timestamp + "," + name(Envelope.BEFORE));
            operationToEnd = utf8("\"," + timestamp + "," + name(TRANSACTION) + "null");
            afterToTransactionId = utf8("," + name(Envelope.SOURCE) + "{"
                    + text(SourceBlock.VERSION, SourceBlock.version()) + ","
                    + text(SourceBlock.CONNECTOR, SourceBlock.CDF) + ","
                    + text(SourceBlock.NAME, SourceBlock.CDF) + ","
                    + name(SourceBlock.TIMESTAMP) + timestampMillis + ","
                    + text(SourceBlock.SNAPSHOT, "false") + ","
                    + text(SourceBlock.DATABASE, UsersTable.DATABASE) + ","
                    + text(SourceBlock.SCHEMA, UsersTable.SCHEMA) + ","
                    + text(SourceBlock.TABLE, UsersTable.TABLE) + ","
                    + name(SourceBlock.TRANSACTION_ID));
        }
    }

    private static String name(String field) {
        return '"' + field + "\":";
    }

    private static String text(String field, String text) {
        return name(field)
                + '"'
                + String.valueOf(JsonStringEncoder.getInstance().quoteAsString(text))
                + '"';
    }

    private static byte[] utf8(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
