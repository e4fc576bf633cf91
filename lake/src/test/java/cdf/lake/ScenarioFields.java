package cdf.lake;

import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/** The fields of one mapping of a scenario file. Each is asked for by name; to have others is an error. */
final class ScenarioFields {
    private final String where;
    private final Map<?, ?> fields;
    private final Set<Object> unread;

    private ScenarioFields(String where, @Nullable Object value) {
        if (!(value instanceof Map<?, ?> mapping)) {
            throw new IllegalArgumentException(where + " is not a mapping: " + value);
        }
        this.where = where;
        this.fields = mapping;
        this.unread = new HashSet<>(mapping.keySet());
    }

    /** Reads a mapping whole. */
    static <T> T read(String where, @Nullable Object value, Function<ScenarioFields, T> reader) {
        ScenarioFields fields = new ScenarioFields(where, value);
        T read = reader.apply(fields);
        if (!fields.unread.isEmpty()) {
            throw new IllegalArgumentException(where + " has unknown fields: " + fields.unread);
        }
        return read;
    }

    static List<?> list(String where, @Nullable Object value) {
        if (!(value instanceof List<?> list)) {
            throw new IllegalArgumentException(where + " is not a list: " + value);
        }
        return list;
    }

    boolean has(String name) {
        return fields.containsKey(name);
    }

    @Nullable
    Object value(String name) {
        if (!has(name)) {
            throw new IllegalArgumentException(where + " has no " + name);
        }
        unread.remove(name);
        return fields.get(name);
    }

    String text(String name) {
        return text(where + "." + name, value(name));
    }

    long number(String name, long absent) {
        return has(name) ? Long.parseLong(text(name)) : absent;
    }

    /** A list, each of whose mappings is read whole. */
    <T> List<T> list(String name, Function<ScenarioFields, T> reader) {
        return list(where + "." + name, value(name)).stream()
                .map(element -> read(where + "." + name, element, reader))
                .toList();
    }

    /** A list of lists, each of whose mappings is read whole. */
    <T> List<List<T>> lists(String name, Function<ScenarioFields, T> reader) {
        List<List<T>> lists = new ArrayList<>();
        for (Object inner : list(where + "." + name, value(name))) {
            String here = where + "." + name + "[" + lists.size() + "]";
            lists.add(list(here, inner).stream()
                    .map(element -> read(here, element, reader))
                    .toList());
        }
        return lists;
    }

    /** A row: the text of each column, or null. */
    Map<String, @Nullable String> row(String name) {
        return read(where + "." + name, value(name), ScenarioFields::row);
    }

    /** The mapping itself as a row. */
    Map<String, @Nullable String> row() {
        Map<String, @Nullable String> row = new LinkedHashMap<>();
        for (Object column : fields.keySet()) {
            Object value = value(text(where, column));
            row.put(text(where, column), value == null ? null : text(where, value));
        }
        return row;
    }

    /**
     * Bytes, null if absent or null: text (then UTF-8), {@code {hex: ...}}, {@code {base64: ...}}, {@code {repeat: ...,
     * times: ...}}, or a list of such parts.
     */
    byte @Nullable [] bytes(String name) {
        Object value = has(name) ? value(name) : null;
        return value == null ? null : bytes(where + "." + name, value);
    }

    private static byte[] bytes(String where, @Nullable Object value) {
        if (value instanceof String text) {
            return text.getBytes(StandardCharsets.UTF_8);
        }
        if (value instanceof List<?> parts) {
            return concatenated(parts.stream().map(part -> bytes(where, part)).toList());
        }
        return read(where, value, fields -> {
            if (fields.has("hex")) {
                return HexFormat.of().parseHex(fields.text("hex").replace(" ", ""));
            }
            if (fields.has("base64")) {
                return Base64.getDecoder().decode(fields.text("base64"));
            }
            byte[] part = bytes(where, fields.value("repeat"));
            return new String(part, StandardCharsets.ISO_8859_1)
                    .repeat(Integer.parseInt(fields.text("times")))
                    .getBytes(StandardCharsets.ISO_8859_1);
        });
    }

    private static byte[] concatenated(List<byte[]> parts) {
        byte[] all = new byte[parts.stream().mapToInt(part -> part.length).sum()];
        int at = 0;
        for (byte[] part : parts) {
            System.arraycopy(part, 0, all, at, part.length);
            at += part.length;
        }
        return all;
    }

    private static String text(String where, @Nullable Object value) {
        if (!(value instanceof String text)) {
            throw new IllegalArgumentException(where + " is not text: " + value);
        }
        return text;
    }
}
