package cdf.change;

import cdf.change.JsonCursor.Token;
import org.jspecify.annotations.Nullable;

import java.util.List;

/** Reads JSON objects as rows of a table. Not thread-safe. */
final class RowReader {
    private final List<Column> columns;
    private final JsonCursor cursor;
    private final KnownNames names;

    RowReader(TableSchema schema, JsonCursor cursor) {
        this.columns = schema.columns();
        this.cursor = cursor;
        this.names = new KnownNames(columns.stream().map(Column::name).toList());
    }

    /**
     * Reads the object that the cursor stands before. A value that does not fit becomes the row's fault: whether it
     * matters is for the event to say.
     *
     * @param wanted the columns to read; others are set to null
     * @param image what part of the event the row is
     */
    void read(ColumnReader[] readers, boolean[] wanted, String image, ColumnValues row) throws Rejection {
        row.start(cursor.document());
        names.start();
        int object = cursor.enterObject();
        for (boolean more = cursor.hasFirstField(); more; more = cursor.hasNextField()) {
            int column = cursor.readName(names, object);
            if (column == KnownNames.UNKNOWN) {
                cursor.readValue();
                continue;
            }
            if (row.has(column)) {
                throw JsonCursor.twice(columns.get(column).name());
            }
            row.setNull(column);
            if (wanted[column]) {
                readColumn(readers[column], column, image, row);
            } else {
                cursor.readValue();
            }
        }
    }

    /** Reads the value that the cursor stands before as one column. */
    void readColumn(ColumnReader reader, int column, String image, ColumnValues row) throws Rejection {
        Token token = cursor.readValue();
        if (token == Token.NULL) {
            row.setNull(column);
            return;
        }
        @Nullable String problem = reader.read(token, cursor, row, column);
        if (problem != null) {
            String name = columns.get(column).name();
            row.setFault(new Rejection(
                    "column \"" + name + "\" of \"" + image + "\": " + cursor.shown(token) + " " + problem, name));
        }
    }
}
