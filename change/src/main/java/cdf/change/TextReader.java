package cdf.change;

import cdf.change.JsonCursor.Token;
import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Reads the values of a STRING column. Not thread-safe. */
final class TextReader {
    /** Beyond the digits that a database's number can have; it bounds the time that one takes. */
    private static final int MAX_UNSCALED_BYTES = 1 << 16;

    private static final int MAX_SCALE = 1 << 14;

    private static final int SCALE = 0;
    private static final int VALUE = 1;

    /** How values are written. */
    private enum Form {
        TEXT,
        /** The base64 of an unscaled value, or a number. */
        DECIMAL,
        /** An object of a scale and the base64 of an unscaled value. */
        VARIABLE_SCALE_DECIMAL,
        /** An array or an object. */
        NESTED
    }

    private final Form form;
    private final int scale;
    private @Nullable JsonCursor inner;
    private final KnownNames innerNames = new KnownNames(List.of("scale", "value"));

    TextReader(ConnectSchema schema) {
        scale = schema.scale().orElse(0);
        if (schema.name().equals(ConnectSchema.VARIABLE_SCALE_DECIMAL)) {
            form = Form.VARIABLE_SCALE_DECIMAL;
        } else if (schema.name().equals(ConnectSchema.DECIMAL)) {
            form = Form.DECIMAL;
        } else {
            form = schema.isNested() ? Form.NESTED : Form.TEXT;
        }
    }

    /** Reads the value that the cursor has just passed; returns what is wrong with it, null if nothing. */
    @Nullable
    String read(Token token, JsonCursor cursor, ColumnValues values, int column) {
        return switch (form) {
            case TEXT -> token == Token.TEXT ? readText(cursor, values, column) : "is not text";
            case DECIMAL -> readDecimal(token, cursor, values, column);
            case VARIABLE_SCALE_DECIMAL -> readVariableScaleDecimal(token, cursor, values, column);
            case NESTED ->
                token == Token.OBJECT || token == Token.ARRAY
                        ? readNested(cursor, values, column)
                        : "is neither an array nor an object";
        };
    }

    private static @Nullable String readText(JsonCursor cursor, ColumnValues values, int column) {
        if (!cursor.unescape()) {
            return "has half of a surrogate pair, which is no character";
        }
        values.setBytes(column, cursor.text(), cursor.textFrom(), cursor.textTo());
        return null;
    }

    private @Nullable String readDecimal(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (token == Token.NUMBER) {
            values.setBytes(column, cursor.document(), cursor.valueFrom(), cursor.position());
            return null;
        }
        BigInteger unscaled = token == Token.TEXT ? unscaled(cursor) : null;
        if (unscaled == null) {
            return "is neither a number nor the base64 of one";
        }
        set(new BigDecimal(unscaled, scale), values, column);
        return null;
    }

    private @Nullable String readVariableScaleDecimal(Token token, JsonCursor cursor, ColumnValues values, int column) {
        if (token != Token.OBJECT) {
            return "is no object of a scale and the base64 of an unscaled value";
        }
        if (inner == null) {
            inner = new JsonCursor();
        }
        inner.start(cursor.document());
        inner.moveTo(cursor.valueFrom(), 0);
        BigDecimal number;
        try {
            number = readScaleAndValue(inner);
        } catch (Rejection impossible) {
            throw new IllegalStateException("the cursor has passed the value", impossible);
        }
        if (number == null) {
            return "has no scale and base64 of an unscaled value";
        }
        set(number, values, column);
        return null;
    }

    private @Nullable BigDecimal readScaleAndValue(JsonCursor cursor) throws Rejection {
        Integer itsScale = null;
        BigInteger unscaled = null;
        innerNames.start();
        int object = cursor.enterObject();
        for (boolean more = cursor.hasFirstField(); more; more = cursor.hasNextField()) {
            int field = cursor.readName(innerNames, object);
            Token value = cursor.readValue();
            if (field == SCALE && value == Token.NUMBER) {
                itsScale = scaleOf(cursor.number());
            } else if (field == VALUE && value == Token.TEXT) {
                unscaled = unscaled(cursor);
            }
        }
        return itsScale == null || unscaled == null ? null : new BigDecimal(unscaled, itsScale);
    }

    private static @Nullable Integer scaleOf(JsonNumber number) {
        return number.isInteger() && number.isLong() && Math.abs(number.longValue()) <= MAX_SCALE
                ? Integer.valueOf((int) number.longValue())
                : null;
    }

    private static @Nullable BigInteger unscaled(JsonCursor cursor) {
        cursor.unescape();
        byte[] text = cursor.text();
        int length = Base64Text.length(text, cursor.textFrom(), cursor.textTo());
        if (length == 0 || length > MAX_UNSCALED_BYTES) {
            return null;
        }
        byte[] bytes = new byte[length];
        return Base64Text.decode(text, cursor.textFrom(), cursor.textTo(), bytes, 0) ? new BigInteger(bytes) : null;
    }

    private static void set(BigDecimal number, ColumnValues values, int column) {
        byte[] digits = number.toPlainString().getBytes(StandardCharsets.US_ASCII);
        values.setBytes(column, digits, 0, digits.length);
    }

    /** Takes the JSON as it is written, but for the white space between its tokens. */
    private static @Nullable String readNested(JsonCursor cursor, ColumnValues values, int column) {
        byte[] json = cursor.document();
        int from = cursor.valueFrom();
        int to = cursor.position();
        int offset = cursor.scratch().reserve(to - from);
        byte[] target = cursor.scratch().bytes();
        int at = offset;
        boolean inText = false;
        for (int next = from; next < to; next++) {
            byte letter = json[next];
            if (!inText && letter <= ' ' && letter >= 0) {
                continue;
            }
            target[at++] = letter;
            if (letter == '"') {
                inText = !inText;
            } else if (letter == '\\') {
                target[at++] = json[++next];
            }
        }
        values.setBytes(column, target, offset, at);
        return null;
    }
}
