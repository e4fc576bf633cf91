package cdf.change;

import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/** A row: its columns' values by name, in the order in which the event lists them. */
public record Row(Map<String, Value> columns) {
    public Row {
        columns = Collections.unmodifiableMap(new LinkedHashMap<>(columns));
    }

    /** Writes the row as a JSON object. */
    public void writeTo(JsonGenerator generator) throws IOException {
        generator.writeStartObject();
        for (Map.Entry<String, Value> column : columns.entrySet()) {
            generator.writeFieldName(column.getKey());
            column.getValue().writeTo(generator);
        }
        generator.writeEndObject();
    }
}
