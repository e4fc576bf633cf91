package cdf.change;

import cdf.change.JsonCursor.Token;
import org.jspecify.annotations.Nullable;

import java.util.List;

/** Reads the number that orders the changes of a row, wherever it stands in the envelope. Not thread-safe. */
final class SequenceReader {
    private final SequencePath path;
    private final JsonCursor cursor;

    /** Of each part of the path its name alone. */
    private final List<KnownNames> names;

    private long value;
    private @Nullable String problem;

    SequenceReader(SequencePath path, JsonCursor cursor) {
        this.path = path;
        this.cursor = cursor;
        names = path.parts().stream().map(part -> new KnownNames(List.of(part))).toList();
    }

    /** Says that an envelope starts. */
    void start() {
        problem = "is missing";
    }

    /** Reads the value of the path's first part, which the cursor stands before. */
    void read() throws Rejection {
        read(1);
    }

    /** Takes the value that the cursor has just passed as the one that the whole path leads to. */
    void take(Token token) {
        if (token == Token.NULL) {
            problem = "is null";
        } else if (token != Token.NUMBER
                || !cursor.number().isLong()
                || cursor.number().longValue() < 0) {
            problem = "is " + cursor.shown(token) + ", no integer from 0 to " + Long.MAX_VALUE;
        } else {
            problem = null;
            value = cursor.number().longValue();
        }
    }

    /** The number of the envelope that was read. */
    long value() throws Rejection {
        if (problem != null) {
            throw new Rejection("\"" + path + "\", which orders the changes, " + problem);
        }
        return value;
    }

    private void read(int depth) throws Rejection {
        if (depth == names.size()) {
            take(cursor.readValue());
        } else if (cursor.isAtObject()) {
            readInside(depth);
        } else {
            cursor.readValue();
        }
    }

    private void readInside(int depth) throws Rejection {
        KnownNames name = names.get(depth);
        name.start();
        boolean found = false;
        int object = cursor.enterObject();
        for (boolean more = cursor.hasFirstField(); more; more = cursor.hasNextField()) {
            if (cursor.readName(name, object) == KnownNames.UNKNOWN) {
                cursor.readValue();
            } else if (found) {
                throw JsonCursor.twice(path.parts().get(depth));
            } else {
                found = true;
                read(depth + 1);
            }
        }
    }
}
