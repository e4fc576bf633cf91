package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType.Kind;
import cdf.change.TableSchema;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.IntStream;

/** Shows rows as JSON objects, in the way of {@code cdf table}. */
final class RowText {
    private static final JsonFactory JSON = new JsonFactory();

    private final TableSchema schema;
    private final List<Integer> all;

    RowText(TableSchema schema) {
        this.schema = schema;
        this.all = IntStream.range(0, schema.columns().size()).boxed().toList();
    }

    String row(List<@Nullable Object> row) {
        return object(row, all);
    }

    /** The columns of the key alone. */
    String key(List<@Nullable Object> row) {
        return object(row, schema.key());
    }

    private String object(List<@Nullable Object> row, List<Integer> columns) {
        StringWriter text = new StringWriter();
        try (JsonGenerator json = JSON.createGenerator(text)) {
            json.writeStartObject();
            for (int index : columns) {
                Column column = schema.columns().get(index);
                json.writeFieldName(column.name());
                write(json, column.type().kind(), row.get(index));
            }
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return text.toString();
    }

    private static void write(JsonGenerator json, Kind kind, @Nullable Object value) throws IOException {
        if (value == null) {
            json.writeNull();
            return;
        }
        switch (kind) {
            case STRING -> json.writeString((String) value);
            case BOOLEAN -> json.writeBoolean((Boolean) value);
            case INT, BIGINT, DECIMAL ->
                json.writeNumber(value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString());
            case DOUBLE -> json.writeNumber((Double) value);
            case DATE -> json.writeString(LocalDate.ofEpochDay((Integer) value).toString());
            case TIMESTAMP ->
                json.writeString(
                        Instant.EPOCH.plus((Long) value, ChronoUnit.MICROS).toString());
            case BINARY ->
                json.writeString(
                        Base64.getEncoder().encodeToString(HexFormat.of().parseHex((String) value)));
        }
    }
}
