package cdf.postgres;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;

/**
 * What is in Kafka for good, as the offsets topic tells it.
 *
 * @param lsn all transactions that were committed between the slot's start and here are; {@link Lsn#NONE} before there was a
 *     slot
 * @param tables those that were read whole, and whose changes are since
 */
record CapturePosition(Lsn lsn, Set<TableName> tables) {
    /** A slot may be there, and nobody has seen it. */
    static final CapturePosition BEGUN = new CapturePosition(Lsn.NONE, Set.of());

    private static final ObjectMapper JSON = new ObjectMapper(new JsonFactory());

    CapturePosition {
        tables = Set.copyOf(tables);
    }

    byte[] toJson() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            json.writeStringField("lsn", lsn.toString());
            json.writeArrayFieldStart("tables");
            for (TableName table : new TreeSet<>(tables)) {
                json.writeStartObject();
                json.writeStringField("schema", table.schema());
                json.writeStringField("table", table.table());
                json.writeEndObject();
            }
            json.writeEndArray();
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return bytes.toByteArray();
    }

    /** @throws IllegalArgumentException if it is not what {@link #toJson} wrote */
    static CapturePosition parse(byte[] text) {
        try {
            JsonNode root = JSON.readTree(text);
            Set<TableName> tables = new TreeSet<>();
            for (JsonNode table : root.required("tables")) {
                tables.add(new TableName(
                        table.required("schema").asText(),
                        table.required("table").asText()));
            }
            return new CapturePosition(Lsn.parse(root.required("lsn").asText()), tables);
        } catch (IOException notJson) {
            throw new IllegalArgumentException(notJson);
        }
    }
}
