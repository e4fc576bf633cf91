package cdf.bench;

import cdf.change.ChangeEvent;
import cdf.change.ChangeEvent.RowDeleted;
import cdf.change.ChangeEvent.RowUpdated;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.Row;
import cdf.change.Value;
import cdf.kafka.KafkaConnection;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

import static java.nio.charset.StandardCharsets.UTF_8;

/**
 * What a topic of users adds up to, by the plainest means: a consumer and a map.
 *
 * @param records how many records the topic has
 * @param users by id
 * @param unreadable the places of the records that are no events of the table
 */
record TopicReplay(long records, Map<String, User> users, Set<Place> unreadable) {
    /** A row without its id. */
    record User(String name, long balance) {}

    /** Where a record is. */
    record Place(int partition, long offset) implements Comparable<Place> {
        @Override
        public int compareTo(Place other) {
            return partition == other.partition
                    ? Long.compare(offset, other.offset)
                    : Integer.compare(partition, other.partition);
        }
    }

    /** Reads the topic to its end. */
    static TopicReplay of(KafkaConnection connection, String topic) {
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                connection.clientProperties(Map.of("auto.offset.reset", "earliest")),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(topic).stream()
                    .map(partition -> new TopicPartition(topic, partition.partition()))
                    .toList();
            consumer.assign(partitions);
            Map<TopicPartition, Long> ends = consumer.endOffsets(partitions);
            Replay replay = new Replay();
            while (partitions.stream()
                    .anyMatch(partition -> consumer.position(partition) < ends.getOrDefault(partition, 0L))) {
                consumer.poll(Duration.ofSeconds(1)).forEach(replay::take);
            }
            return new TopicReplay(replay.records, replay.users, replay.unreadable);
        }
    }

    private static final class Replay {
        private final EnvelopeReader reader = new EnvelopeReader();
        private final Map<String, User> users = new HashMap<>();
        private final Set<Place> unreadable = new TreeSet<>();
        private long records;

        void take(ConsumerRecord<byte[], byte[]> record) {
            records++;
            boolean understood = reader.read(record.value(), record.timestamp()) instanceof Decoded.Accepted accepted
                    && apply(accepted.event());
            if (!understood) {
                unreadable.add(new Place(record.partition(), record.offset()));
            }
        }

        /** Whether the event fits the table. */
        private boolean apply(ChangeEvent event) {
            Optional<Row> row = event instanceof RowDeleted ? event.before() : event.after();
            if (row.isEmpty()) {
                // A tombstone has no row. A delete without before is malformed here: those that are not have theirs.
                return !(event instanceof RowDeleted);
            }
            Map<String, Value> columns = row.get().columns();
            if (!(columns.get("id") instanceof Value.Text id)
                    || !UTF_8.newEncoder().canEncode(id.text())) {
                return false;
            }
            if (event instanceof RowUpdated && event.before().isPresent()) {
                Value before = event.before().get().columns().get("id");
                if (!id.equals(before)) {
                    return false;
                }
            }
            if (event instanceof RowDeleted) {
                users.remove(id.text());
                return true;
            }
            if (columns.get("name") instanceof Value.Text name
                    && columns.get("balance") instanceof Value.Json balance
                    && balance.text().matches("-?[0-9]+")
                    && fitsLong(balance.text())) {
                users.put(id.text(), new User(name.text(), Long.parseLong(balance.text())));
                return true;
            }
            return false;
        }

        private static boolean fitsLong(String digits) {
            return new java.math.BigInteger(digits).bitLength() < Long.SIZE;
        }
    }

    /** The users in the order of their ids. */
    Map<String, User> sortedUsers() {
        return new TreeMap<>(users);
    }
}
