package cdf.change;

import java.util.Arrays;

/** The readers that the schemas of wrapped values call for. Keeps the last: schemas seldom change. Not thread-safe. */
final class WrappedReaders {
    private final TableSchema table;
    private byte[] schema = {};
    private ColumnReader[] readers = {};

    WrappedReaders(TableSchema table) {
        this.table = table;
    }

    /** Readers for the rows of an envelope with the schema that stands in a document. */
    ColumnReader[] ofEnvelope(byte[] document, int from, int to) throws Rejection {
        if (!isKept(document, from, to)) {
            keep(document, from, to, ConnectSchema.read(document, from, to).of(Envelope.AFTER));
        }
        return readers;
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
