package cdf.postgres;

import cdf.kafka.KafkaConnection;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.apache.kafka.clients.consumer.ConsumerRecord;

import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** What a table's topic has now. */
record CapturedTopic(List<Event> events) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /**
     * A record.
     *
     * @param key the payload of the record's key, or a null node
     * @param payload a null node for a tombstone
     */
    record Event(JsonNode key, JsonNode payload) {
        String operation() {
            return payload.isNull() ? "tombstone" : payload.get("op").asText();
        }

        JsonNode after() {
            return payload.get("after");
        }

        long lsn() {
            return payload.get("source").get("lsn").asLong();
        }
    }

    static CapturedTopic read(KafkaConnection kafka, String topic) {
        List<Event> events = new ArrayList<>();
        for (ConsumerRecord<byte[], byte[]> record : TopicReader.readAll(kafka.bootstrapServers(), topic)) {
            events.add(new Event(payload(record.key()), payload(record.value())));
        }
        return new CapturedTopic(List.copyOf(events));
    }

    private static JsonNode payload(byte[] json) {
        try {
            return json == null ? JSON.nullNode() : JSON.readTree(json).get("payload");
        } catch (IOException noJson) {
            throw new AssertionError(noJson);
        }
    }

    static JsonNode json(String text) {
        try {
            return JSON.readTree(text);
        } catch (JsonProcessingException noJson) {
            throw new AssertionError(noJson);
        }
    }

    List<String> operations() {
        return events.stream().map(Event::operation).toList();
    }

    /** The rows that the events add up to, in the order of the topic, as JSON. */
    Set<String> rows() {
        Map<JsonNode, JsonNode> rows = new HashMap<>();
        for (Event event : events) {
            switch (event.operation()) {
                case "t" -> rows.clear();
                case "d" -> rows.remove(event.key());
                case "tombstone" -> {}
                default -> rows.put(event.key(), event.after());
            }
        }
        return texts(rows);
    }

    /** The rows that the events add up to in the order of {@code source.lsn}; there must be no truncation. */
    Set<String> rowsBySequence() {
        Map<JsonNode, JsonNode> rows = new HashMap<>();
        Map<JsonNode, Long> newest = new HashMap<>();
        for (Event event : events) {
            if (event.operation().equals("tombstone") || event.lsn() <= newest.getOrDefault(event.key(), -1L)) {
                continue;
            }
            newest.put(event.key(), event.lsn());
            rows.put(event.key(), event.after());
        }
        rows.values().removeIf(JsonNode::isNull);
        return texts(rows);
    }

    private static Set<String> texts(Map<JsonNode, JsonNode> rows) {
        Set<String> texts = new TreeSet<>();
        rows.values().forEach(row -> texts.add(row.toString()));
        return texts;
    }
}
