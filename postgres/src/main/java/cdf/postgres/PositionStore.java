package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A capture's position in Kafka: the newest record, by the slot's name, of a compacted topic of one partition. */
final class PositionStore {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private PositionStore() {}

    static byte[] key(String slot) {
        return slot.getBytes(StandardCharsets.UTF_8);
    }

    /** The position of this slot; empty if nothing was captured with it. */
    static Optional<CapturePosition> read(Topics topics, String topic, String slot) {
        Optional<TopicContents> contents = topics.contents(topic);
        if (contents.isEmpty()) {
            return Optional.empty();
        }
        KafkaConnection connection = topics.connection();
        TopicPartition partition = new TopicPartition(topic, 0);
        long end = contents.get().endOffsets().getOrDefault(0, 0L);
        byte[] key = key(slot);
        Optional<CapturePosition> found = Optional.empty();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                connection.readerProperties(Map.of()), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    if (Arrays.equals(record.key(), key)) {
                        found = Optional.ofNullable(record.value()).map(value -> parse(topic, record, value));
                    }
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new CdfException(
                            ExitCode.BROKER_UNREACHABLE,
                            "the broker does not give the positions in " + topic,
                            "see whether all its partitions have a leader");
                }
            }
            return found;
        } catch (KafkaException failure) {
            throw connection.explain(failure);
        }
    }

    private static CapturePosition parse(String topic, ConsumerRecord<byte[], byte[]> record, byte[] value) {
        try {
            return CapturePosition.parse(value);
        } catch (IllegalArgumentException foreign) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the record at offset " + record.offset() + " of " + topic + " is no position of cdf's",
                    "choose another --topic-prefix",
                    foreign);
        }
    }
}
