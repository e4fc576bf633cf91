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

    private final EventFormat format;
    private final ByteWriter key = new ByteWriter();
    private final ByteWriter value = new ByteWriter();

    /** The length of what every value begins with; it is written once and stays in the buffer. */
    private final int valueStart;

    private Stamped stamped = new Stamped(0);

    public EventWriter(EventFormat format) {
        this.format = format;
        if (format == EventFormat.WRAPPED) {
            value.write(utf8("{" + name(Envelope.SCHEMA) + ConnectSchema.ofEnvelope() + "," + name(Envelope.PAYLOAD)));
        }
        valueStart = value.length();
    }

    /** The key of the record: the id of the row, in ASCII. */
    public byte[] key(Change change) {
        return key.rewind(0).write(change.id()).toByteArray();
    }

    /**
     * The value of the record. Where deletes are followed by tombstones, that is one more record with the same key and
     * no value.
     *
     * @param timestampMillis when the change was made, in milliseconds since 1970-01-01T00:00Z
     */
    public byte[] value(Change change, long timestampMillis) {
        if (timestampMillis != stamped.timestampMillis) {
            stamped = new Stamped(timestampMillis);
        }
        value.rewind(valueStart);
        switch (format) {
            case PLAIN -> writePlain(change);
            case DEBEZIUM -> writeDebezium(change);
            case WRAPPED -> {
                writeDebezium(change);
                value.write('}');
            }
        }
        return value.toByteArray();
    }

    private void writePlain(Change change) {
        value.write(OPEN_OPERATION).writeAscii(change.operation().letter()).write(stamped.operationToBefore);
        writeRow(change.before());
        value.write(NEXT_AFTER);
        writeRow(change.after());
        value.write('}');
    }

    private void writeDebezium(Change change) {
        value.write(OPEN_BEFORE);
        writeRow(change.before());
        value.write(NEXT_AFTER);
        writeRow(change.after());
        value.write(stamped.afterToTransactionId).write(change.number());
        value.write(NEXT_LOG_SEQUENCE_NUMBER).write(change.number());
        value.write(CLOSE_TO_OPERATION).writeAscii(change.operation().letter()).write(stamped.operationToEnd);
    }

    private void writeRow(Optional<UserRow> row) {
        if (row.isEmpty()) {
            value.write(NULL);
            return;
        }
        UserRow user = row.get();
        value.write(OPEN_ID).write(user.id());
        value.write(user.name().idToBalance()).write(user.balance());
        value.write('}');
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
            operationToEnd = utf8("\"," + timestamp + "," + name(TRANSACTION) + "null}");
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
