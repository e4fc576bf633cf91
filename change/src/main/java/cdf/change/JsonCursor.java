package cdf.change;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Walks over a JSON document (RFC 8259) in UTF-8, byte by byte, without making objects of it. Strict: whatever it moves
 * over is checked, nested values and names that come twice included. Not thread-safe.
 *
 * <p>An object is walked over with {@link #enterObject}, then {@link #hasFirstField} and {@link #hasNextField} before
 * each {@link #readName} and {@link #readValue}.
 */
final class JsonCursor {
    /** The kind of value that was read. */
    enum Token {
        OBJECT("an object"),
        ARRAY("an array"),
        TEXT("text"),
        NUMBER("a number"),
        TRUE("true"),
        FALSE("false"),
        NULL("null");

        private final String description;

        Token(String description) {
            this.description = description;
        }

        /** As messages call it. */
        String description() {
            return description;
        }
    }

    private static final int MAX_DEPTH = 1_000;
    private static final int MAX_SHOWN_CHARACTERS = 40;
    private static final int END = -1;

    private static final VarHandle WORD = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101_0101_0101_0101L;
    private static final long HIGH_BITS = ONES << 7;

    private static final byte[] TRUE = {'t', 'r', 'u', 'e'};
    private static final byte[] FALSE = {'f', 'a', 'l', 's', 'e'};
    private static final byte[] NULL = {'n', 'u', 'l', 'l'};

    private final JsonNumber number = new JsonNumber();
    private final FieldNames names = new FieldNames();
    private final Scratch scratch = new Scratch();

    private byte[] bytes = {};
    private int position;
    private int depth;
    private int valueFrom;

    private int textFrom;
    private int textTo;
    private boolean escaped;
    private boolean unescaped;
    private boolean halfSurrogates;

    /** Goes to the start of a document. */
    void start(byte[] document) {
        bytes = document;
        number.start(document);
        scratch.clear();
        moveTo(0, 0);
    }

    /** Goes to the start of a value of the same document, inside of a number of objects and arrays. */
    void moveTo(int valuePosition, int valueDepth) {
        position = valuePosition;
        depth = valueDepth;
        names.start(bytes);
    }

    byte[] document() {
        return bytes;
    }

    int position() {
        return position;
    }

    /** Where the value that was just read begins; it ends at {@link #position()}. */
    int valueFrom() {
        return valueFrom;
    }

    /** Whether the next value is an object. */
    boolean isAtObject() {
        return peek() == '{';
    }

    /** Whether the next value is text. */
    boolean isAtText() {
        return peek() == '"';
    }

    /** Moves into the object that is next and returns its number, which {@link #readName} wants. */
    int enterObject() throws Rejection {
        enter();
        return position;
    }

    /** Moves to the first field of the object just entered, or out of the object. */
    boolean hasFirstField() {
        return hasFirst('}');
    }

    /** Moves to the next field, or out of the object. */
    boolean hasNextField() throws Rejection {
        return hasNext('}');
    }

    /** Reads a field's name and returns its index among the known names; refuses an unknown name that comes twice. */
    int readName(KnownNames known, int object) throws Rejection {
        if (peek() != '"') {
            throw unexpected("a name");
        }
        int index = known.expectedAt(bytes, position + 1);
        if (index == KnownNames.UNKNOWN) {
            index = readUnexpectedName(known, object);
        } else {
            position += known.length(index) + 2;
        }
        skip(':');
        return index;
    }

    /** Reads a value of whatever kind; objects and arrays with all that is in them. */
    Token readValue() throws Rejection {
        int first = peek();
        int from = position;
        Token token = readValue(first);
        valueFrom = from; // and not where a value inside of it begins
        return token;
    }

    private Token readValue(int first) throws Rejection {
        switch (first) {
            case '"' -> {
                readText();
                return Token.TEXT;
            }
            case '{' -> {
                skipObject();
                return Token.OBJECT;
            }
            case '[' -> {
                skipArray();
                return Token.ARRAY;
            }
            case 't' -> {
                skipWord(TRUE);
                return Token.TRUE;
            }
            case 'f' -> {
                skipWord(FALSE);
                return Token.FALSE;
            }
            case 'n' -> {
                skipWord(NULL);
                return Token.NULL;
            }
            default -> {
                int end = number.read(position, bytes.length);
                if (end == JsonNumber.NONE) {
                    throw unexpected("a value");
                }
                position = end;
                return Token.NUMBER;
            }
        }
    }

    /** Ends the document, after which there is nothing but white space. */
    void finish() throws Rejection {
        if (peek() != END) {
            throw new Rejection("more than one JSON value: the second starts at byte " + position);
        }
    }

    /** The number that was just read. */
    JsonNumber number() {
        return number;
    }

    /**
     * Takes the escapes out of the text that was just read; it then stands in {@link #text()}, from {@link #textFrom()}
     * to {@link #textTo()}, until the next document is started.
     *
     * @return whether that is UTF-8; not if an escape stands for half of a surrogate pair
     */
    boolean unescape() {
        if (escaped) {
            writeUnescaped();
        }
        return !halfSurrogates;
    }

    /** The array that the text stands in: to be asked for before more is put into the scratch memory. */
    byte[] text() {
        return unescaped ? scratch.bytes() : bytes;
    }

    int textFrom() {
        return textFrom;
    }

    int textTo() {
        return textTo;
    }

    /** Memory that is valid as long as the document's own bytes. */
    Scratch scratch() {
        return scratch;
    }

    /** The value that was just read, as messages show it: on one line and not too long. */
    String shown(Token token) {
        if (token == Token.OBJECT || token == Token.ARRAY) {
            return token.description();
        }
        // A character is at most four bytes; one that is cut is not shown.
        int to = Math.min(position, valueFrom + 4 * MAX_SHOWN_CHARACTERS);
        String value = new String(bytes, valueFrom, to - valueFrom, StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cc}\\u2028\\u2029]", "\uFFFD");
        if (value.codePointCount(0, value.length()) <= MAX_SHOWN_CHARACTERS) {
            return value;
        }
        return value.substring(0, value.offsetByCodePoints(0, MAX_SHOWN_CHARACTERS)) + "…";
    }

    /** What to throw where an object has a field again. */
    static Rejection twice(String field) {
        return new Rejection("not JSON: the field \"" + field + "\" is there twice");
    }

    private int readUnexpectedName(KnownNames known, int object) throws Rejection {
        int hash = readNameText();
        int index = known.find(text(), textFrom, textTo, hash);
        if (index == KnownNames.UNKNOWN) {
            addName(object, hash);
        }
        return index;
    }

    /** Reads a name as text and returns its hash. */
    private int readNameText() throws Rejection {
        readText();
        if (!unescape()) {
            throw new Rejection("not JSON: a name with half of a surrogate pair before byte " + position);
        }
        return KnownNames.hash(text(), textFrom, textTo);
    }

    private void addName(int object, int hash) throws Rejection {
        if (!names.add(object, text(), textFrom, textTo, hash)) {
            throw twice(new String(text(), textFrom, textTo - textFrom, StandardCharsets.UTF_8));
        }
    }

    private void skipObject() throws Rejection {
        int object = enterObject();
        for (boolean more = hasFirstField(); more; more = hasNextField()) {
            if (peek() != '"') {
                throw unexpected("a name");
            }
            addName(object, readNameText());
            skip(':');
            readValue();
        }
    }

    private void skipArray() throws Rejection {
        enter();
        for (boolean more = hasFirst(']'); more; more = hasNext(']')) {
            readValue();
        }
    }

    /** Moves past the opening brace or bracket that is next. */
    private void enter() throws Rejection {
        peek();
        position++;
        depth++;
        if (depth > MAX_DEPTH) {
            throw new Rejection("nested more than " + MAX_DEPTH + " levels deep at byte " + position);
        }
    }

    private boolean hasFirst(char close) {
        if (peek() != close) {
            return true;
        }
        position++;
        depth--;
        return false;
    }

    private boolean hasNext(char close) throws Rejection {
        int next = peek();
        if (next == ',') {
            position++;
            return true;
        }
        if (next != close) {
            throw unexpected("',' or '" + close + "'");
        }
        position++;
        depth--;
        return false;
    }

    private void skip(char expected) throws Rejection {
        if (peek() != expected) {
            throw unexpected("'" + expected + "'");
        }
        position++;
    }

    private void skipWord(byte[] word) throws Rejection {
        for (byte letter : word) {
            if (position >= bytes.length || bytes[position] != letter) {
                throw unexpected(new String(word, StandardCharsets.US_ASCII));
            }
            position++;
        }
    }

    /** The next byte that is not white space, or {@link #END}; the cursor then stands at it. */
    private int peek() {
        int at = position;
        while (at < bytes.length) {
            int next = bytes[at] & 0xFF;
            if (next > ' ' || (next != ' ' && next != '\n' && next != '\r' && next != '\t')) {
                position = at;
                return next;
            }
            at++;
        }
        position = at;
        return END;
    }

    /** Reads the text whose opening quote is next. */
    private void readText() throws Rejection {
        int start = position + 1;
        int at = start;
        escaped = false;
        halfSurrogates = false;
        while (true) {
            at = skipPlain(at);
            if (at >= bytes.length) {
                position = at;
                throw unexpected("the end of the text from byte " + (start - 1));
            }
            byte next = bytes[at];
            if (next == '"') {
                break;
            }
            if (next == '\\') {
                escaped = true;
                at = skipEscape(at);
            } else if (next < 0) {
                at = skipMultiByte(at);
            } else {
                throw new Rejection("not JSON: an unescaped control character at byte " + at);
            }
        }
        unescaped = false;
        textFrom = start;
        textTo = at;
        position = at + 1;
    }

    /** The position of the first byte, from one on, that is not simply a character of the text. */
    private int skipPlain(int from) {
        int at = from;
        for (int last = bytes.length - Long.BYTES; at <= last; at += Long.BYTES) {
            long word = (long) WORD.get(bytes, at);
            long quotes = word ^ (ONES * '"');
            long backslashes = word ^ (ONES * '\\');
            // In each term the lowest high bit is that of the first such byte; ones above it may be wrong.
            long special = (word
                            | ((word - ONES * ' ') & ~word)
                            | ((quotes - ONES) & ~quotes)
                            | ((backslashes - ONES) & ~backslashes))
                    & HIGH_BITS;
            if (special != 0) {
                return at + Long.numberOfTrailingZeros(special) / Byte.SIZE;
            }
        }
        while (at < bytes.length && bytes[at] >= ' ' && bytes[at] != '"' && bytes[at] != '\\') {
            at++;
        }
        return at;
    }

    private int skipMultiByte(int at) throws Rejection {
        int next = Utf8.next(bytes, at);
        if (next < 0) {
            throw new Rejection("not UTF-8 at byte " + at);
        }
        return next;
    }

    private int skipEscape(int at) throws Rejection {
        int letter = at + 1 < bytes.length ? bytes[at + 1] : END;
        switch (letter) {
            case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {
                return at + 2;
            }
            case 'u' -> {
                if (at + 6 <= bytes.length && hexadecimal(at + 2) >= 0) {
                    return at + 6;
                }
            }
            default -> {}
        }
        throw new Rejection("not JSON: no such escape at byte " + at);
    }

    /** The number that four hexadecimal digits are; negative if they are none. */
    private int hexadecimal(int from) {
        int number = 0;
        for (int at = from; at < from + 4; at++) {
            number = (number << 4) | Character.digit(bytes[at], 16);
        }
        return number;
    }

    private void writeUnescaped() {
        int from = textFrom;
        int offset = scratch.reserve(textTo - textFrom);
        byte[] target = scratch.bytes();
        int to = offset;
        while (from < textTo) {
            byte next = bytes[from];
            if (next != '\\') {
                target[to++] = next;
                from++;
            } else if (bytes[from + 1] != 'u') {
                target[to++] = unescaped(bytes[from + 1]);
                from += 2;
            } else {
                int codePoint = hexadecimal(from + 2);
                from += 6;
                if (Character.isHighSurrogate((char) codePoint) && isLowSurrogateAt(from)) {
                    codePoint = Character.toCodePoint((char) codePoint, (char) hexadecimal(from + 2));
                    from += 6;
                }
                halfSurrogates |= Character.getType(codePoint) == Character.SURROGATE;
                to = Utf8.write(codePoint, target, to);
            }
        }
        textFrom = offset;
        textTo = to;
        escaped = false;
        unescaped = true;
    }

    private boolean isLowSurrogateAt(int at) {
        return at < textTo
                && bytes[at] == '\\'
                && bytes[at + 1] == 'u'
                && Character.isLowSurrogate((char) hexadecimal(at + 2));
    }

    private static byte unescaped(byte letter) {
        return switch (letter) {
            case 'b' -> '\b';
            case 'f' -> '\f';
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            default -> letter;
        };
    }

    private Rejection unexpected(String expected) {
        String found = position < bytes.length ? "found " + character(bytes[position]) : "it ends";
        return new Rejection("not JSON: expected " + expected + ", but " + found + " at byte " + position);
    }

    private static String character(byte found) {
        return found > ' ' && found < 0x7F ? "'" + (char) found + "'" : "the byte 0x%02x".formatted(found);
    }
}
