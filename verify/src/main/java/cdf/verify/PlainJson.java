package cdf.verify;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * JSON as maps, lists, texts, booleans, {@link Numeral}s and null. It is strict: one value, no field twice, UTF-8 and no halves of
 * characters.
 */
final class PlainJson {
    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private static final int LONG_DIGITS = 18;

    private PlainJson() {}

    /** A JSON object's fields; empty if it is none. */
    static Optional<Map<?, ?>> find(String json) {
        try {
            return Optional.of(object(parse(json)));
        } catch (Misfit misfit) {
            return Optional.empty();
        }
    }

    /** What is read, which must be an object. */
    static Map<?, ?> object(@Nullable Object json) throws Misfit {
        if (json instanceof Map<?, ?> map) {
            return map;
        }
        throw new Misfit();
    }

    /** The text of an array or object as it was read, without white space. */
    static String text(Object json) {
        return compact(((Nested) json).text());
    }

    static @Nullable Object parse(byte[] bytes) throws Misfit {
        return parse(utf8(bytes));
    }

    static @Nullable Object parse(String text) throws Misfit {
        try (JsonParser parser = JSON.createParser(text)) {
            if (parser.nextToken() == null) {
                throw new Misfit();
            }
            Object json = read(parser, text);
            if (parser.nextToken() != null) {
                throw new Misfit();
            }
            return json;
        } catch (IOException notJson) {
            throw new Misfit();
        }
    }

    /** Bytes as text; the strict way only where the quick one had something to replace. */
    static String utf8(byte[] bytes) throws Misfit {
        String text = new String(bytes, StandardCharsets.UTF_8);
        if (text.indexOf('\uFFFD') < 0) {
            return text;
        }
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException notUtf8) {
            throw new Misfit();
        }
    }

    /** Whether there is no half of a surrogate pair in a text: JSON's escapes can say one. */
    static boolean isWhole(String text) {
        for (int at = 0; at < text.length(); at++) {
            if (Character.isSurrogate(text.charAt(at))) {
                return StandardCharsets.UTF_8.newEncoder().canEncode(text);
            }
        }
        return true;
    }

    private static @Nullable Object read(JsonParser parser, String document) throws IOException {
        JsonToken token = parser.currentToken();
        return switch (token) {
            case START_OBJECT -> {
                int from = (int) parser.currentTokenLocation().getCharOffset();
                JsonObject fields = new JsonObject();
                String name;
                while ((name = parser.nextFieldName()) != null) {
                    if (!isWhole(name)) {
                        throw new IOException("half of a surrogate pair in a name");
                    }
                    parser.nextToken();
                    fields.put(name, read(parser, document));
                }
                fields.text = textUpTo(parser, document, from);
                yield fields;
            }
            case START_ARRAY -> {
                int from = (int) parser.currentTokenLocation().getCharOffset();
                JsonArray elements = new JsonArray();
                while (parser.nextToken() != JsonToken.END_ARRAY) {
                    elements.add(read(parser, document));
                }
                elements.text = textUpTo(parser, document, from);
                yield elements;
            }
            case VALUE_STRING -> parser.getText();
            case VALUE_TRUE, VALUE_FALSE -> parser.getBooleanValue();
            case VALUE_NULL -> null;
            default -> new Numeral(parser.getText(), token == JsonToken.VALUE_NUMBER_INT);
        };
    }

    private static CharSequence textUpTo(JsonParser parser, String document, int from) {
        return CharBuffer.wrap(document, from, (int) parser.currentLocation().getCharOffset());
    }

    /** An array or an object, which also knows its text. */
    private interface Nested {
        CharSequence text();
    }

    private static final class JsonObject extends LinkedHashMap<String, @Nullable Object> implements Nested {
        private static final long serialVersionUID = 1L;

        private transient CharSequence text = "";

        @Override
        public CharSequence text() {
            return text;
        }
    }

    private static final class JsonArray extends ArrayList<@Nullable Object> implements Nested {
        private static final long serialVersionUID = 1L;

        private transient CharSequence text = "";

        @Override
        public CharSequence text() {
            return text;
        }
    }

    /** JSON without the white space between its tokens. */
    private static String compact(CharSequence json) {
        StringBuilder compact = new StringBuilder(json.length());
        boolean quoted = false;
        boolean escape = false;
        for (int at = 0; at < json.length(); at++) {
            char letter = json.charAt(at);
            quoted ^= letter == '"' && !escape;
            escape = letter == '\\' && !escape;
            if (quoted || !Character.isWhitespace(letter)) {
                compact.append(letter);
            }
        }
        return compact.toString();
    }

    /** A JSON number as it is written. */
    record Numeral(String text, boolean isInteger) {
        boolean isLong() {
            return isInteger && (text.length() <= LONG_DIGITS || new BigInteger(text).bitLength() < Long.SIZE);
        }

        BigInteger integer() {
            if (!isInteger) {
                throw new IllegalArgumentException();
            }
            return new BigInteger(text);
        }

        long longValue() {
            return isInteger && text.length() <= LONG_DIGITS
                    ? Long.parseLong(text)
                    : integer().longValueExact();
        }
    }
}
