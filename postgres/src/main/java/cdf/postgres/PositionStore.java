package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
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
        return Optional.ofNullable(newest(topics, topic).get(ByteBuffer.wrap(key(slot))))
                .map(record -> parse(topic, record));
    }

    /** Whether the topic has more than this slot's position: then another capture of the prefix needs it. */
    static boolean hasOthers(Topics topics, String topic, String slot) {
        return newest(topics, topic).keySet().stream().anyMatch(key -> !key.equals(ByteBuffer.wrap(key(slot))));
    }

    /** Takes away the position of this slot alone. */
    static void forget(KafkaConnection connection, String topic, String slot) {
        try (Publisher publisher = Publisher.open(connection, topic, Duration.ZERO)) {
            publisher.send(key(slot), null, System.nanoTime());
            publisher.flush();
        }
    }

    /** The newest record of each key, but for those that were taken away. */
    private static Map<ByteBuffer, ConsumerRecord<byte[], byte[]>> newest(Topics topics, String topic) {
        Map<ByteBuffer, ConsumerRecord<byte[], byte[]>> newest = new HashMap<>();
        Optional<TopicContents> contents = topics.contents(topic);
        if (contents.isEmpty()) {
            return newest;
        }
        KafkaConnection connection = topics.connection();
        TopicPartition partition = new TopicPartition(topic, 0);
        long end = contents.get().endOffsets().getOrDefault(0, 0L);
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                connection.readerProperties(Map.of()), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(List.of(partition));
            consumer.seekToBeginning(List.of(partition));
            long deadline = System.nanoTime() + PATIENCE.toNanos();
            while (consumer.position(partition) < end) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL)) {
                    ByteBuffer key = ByteBuffer.wrap(record.key() == null ? new byte[0] : record.key());
                    if (record.value() == null) {
                        newest.remove(key);
                    } else {
                        newest.put(key, record);
                    }
                }
                if (System.nanoTime() - deadline > 0) {
                    throw new CdfException(
                            ExitCode.BROKER_UNREACHABLE,
                            "the broker does not give the positions in " + topic,
                            "see whether all its partitions have a leader");
                }
            }
            return newest;
        } catch (KafkaException failure) {
            throw connection.explain(failure);
        }
    }

    private static CapturePosition parse(String topic, ConsumerRecord<byte[], byte[]> record) {
        try {
            return CapturePosition.parse(record.value());
        } catch (IllegalArgumentException foreign) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the record at offset " + record.offset() + " of " + topic + " is no position of cdf's",
                    "choose another --topic-prefix",
                    foreign);
        }
    }
}
