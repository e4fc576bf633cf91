package cdf.cli;

import cdf.kafka.KafkaConnection;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Reads a few records of a topic from places that are known. Not thread-safe. */
final class TopicPeek implements AutoCloseable {
    /** Fetches are small: most of what they bring would not be looked at. */
    private static final Map<String, Object> SETTINGS = Map.of(
            "isolation.level",
            "read_committed",
            "allow.auto.create.topics",
            false,
            "max.partition.fetch.bytes",
            64 << 10,
            "fetch.max.wait.ms",
            50,
            "default.api.timeout.ms",
            2000,
            "request.timeout.ms",
            2000);

    private static final Duration PATIENCE = Duration.ofMillis(400);

    private final String topic;
    private final KafkaConsumer<byte[], byte[]> consumer;

    TopicPeek(KafkaConnection connection, String topic) {
        this.topic = topic;
        Map<String, Object> settings = connection.readerProperties(SETTINGS);
        settings.put("auto.offset.reset", "earliest");
        settings.put("client.id", "cdf-dashboard");
        consumer = new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    /** Where each partition ends for those who read whole transactions only. */
    Map<Integer, Long> ends(int partitions) {
        List<TopicPartition> all = IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        return consumer.endOffsets(all).entrySet().stream()
                .collect(Collectors.toMap(end -> end.getKey().partition(), Map.Entry::getValue));
    }

    /**
     * How long ago the oldest of the partitions' first records between two positions was sent: zero if there are none,
     * empty if the broker does not answer soon.
     */
    Optional<Duration> ageOfFirst(Map<Integer, Long> from, Map<Integer, Long> to) {
        Map<Integer, Long> oldest = new HashMap<>();
        boolean complete = read(from, to, record -> {
            consumer.pause(List.of(new TopicPartition(topic, record.partition())));
            oldest.putIfAbsent(record.partition(), record.timestamp());
        });
        if (!complete) {
            return Optional.empty();
        }
        long now = System.currentTimeMillis();
        long age = oldest.values().stream().mapToLong(sent -> now - sent).max().orElse(0);
        // A record of this very millisecond waits as well.
        return Optional.of(Duration.ofMillis(oldest.isEmpty() ? 0 : Math.max(1, age)));
    }

    /** The records between two positions, or those of them that come soon. */
    List<ConsumerRecord<byte[], byte[]>> records(Map<Integer, Long> from, Map<Integer, Long> to) {
        List<ConsumerRecord<byte[], byte[]>> records = new ArrayList<>();
        var unused = read(from, to, records::add);
        return records;
    }

    /** Whether all was read before patience ended. */
    private boolean read(
            Map<Integer, Long> from, Map<Integer, Long> to, Consumer<ConsumerRecord<byte[], byte[]>> each) {
        Map<TopicPartition, Long> ends = new HashMap<>();
        to.forEach((partition, end) -> {
            if (from.getOrDefault(partition, 0L) < end) {
                ends.put(new TopicPartition(topic, partition), end);
            }
        });
        if (ends.isEmpty()) {
            return true;
        }
        consumer.assign(ends.keySet());
        ends.keySet().forEach(partition -> consumer.seek(partition, from.getOrDefault(partition.partition(), 0L)));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!done(ends) && System.nanoTime() - deadline < 0) {
            for (ConsumerRecord<byte[], byte[]> record : consumer.poll(PATIENCE)) {
                if (record.offset() < ends.getOrDefault(new TopicPartition(topic, record.partition()), 0L)) {
                    each.accept(record);
                }
            }
        }
        boolean complete = done(ends);
        consumer.assign(List.of());
        return complete;
    }

    private boolean done(Map<TopicPartition, Long> ends) {
        return ends.entrySet().stream()
                .allMatch(end ->
                        consumer.paused().contains(end.getKey()) || consumer.position(end.getKey()) >= end.getValue());
    }

    @Override
    public void close() {
        consumer.close(CloseOptions.timeout(Duration.ofMillis(500)));
    }
}
