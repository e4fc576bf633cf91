package cdf.change;

import java.util.Arrays;
import java.util.Optional;

/** The readers that the schemas of wrapped values call for. Keeps the last: schemas seldom change. Not thread-safe. */
final class WrappedReaders {
    private final TableSchema table;
    private byte[] schema = {};
    private ColumnReader[] readers = {};
    private Optional<EventSchema> rows = Optional.empty();

    WrappedReaders(TableSchema table) {
        this.table = table;
    }

    /** Readers for the rows of an envelope with the schema that stands in a document. */
    ColumnReader[] ofEnvelope(byte[] document, int from, int to) throws Rejection {
        if (!isKept(document, from, to)) {
            ConnectSchema envelope = ConnectSchema.read(document, from, to);
            keep(document, from, to, envelope.of(Envelope.AFTER));
            rows = EventSchema.ofEnvelope(envelope);
        }
        return readers;
    }

    /** What the last envelope's schema says of the rows. */
    Optional<EventSchema> rows() {
        return rows;
    }

    /** Readers for a row, or one column, with the schema that stands in a document. */
    ColumnReader[] ofRow(byte[] document, int from, int to) throws Rejection {
        if (!isKept(document, from, to)) {
            keep(document, from, to, ConnectSchema.read(document, from, to));
        }
        return readers;
    }

    private boolean isKept(byte[] document, int from, int to) {
        return Arrays.equals(schema, 0, schema.length, document, from, to);
    }

    private void keep(byte[] document, int from, int to, ConnectSchema row) {
        readers = ColumnReader.of(table, row);
        schema = Arrays.copyOfRange(document, from, to);
    }
}
