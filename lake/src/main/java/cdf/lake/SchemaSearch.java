package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.EventSchema;
import cdf.change.ExitCode;
import cdf.change.Row;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Learns from a topic's first events what table they are of. */
final class SchemaSearch {
    /** How many records are looked at: what the first ones do not tell, later ones will not. */
    private static final int MAX_RECORDS = 10_000;

    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    private final KafkaConnection connection;
    private final String topic;
    private final TableSchema ofBareEvents;
    private final Set<String> bareNames;
    private final EnvelopeReader reader = new EnvelopeReader();
    private int looked;
    private boolean eventSeen;

    /** @param ofBareEvents what events are of that have just its columns, but do not say their types or key */
    SchemaSearch(KafkaConnection connection, String topic, TableSchema ofBareEvents) {
        this.connection = connection;
        this.topic = topic;
        this.ofBareEvents = ofBareEvents;
        this.bareNames =
                ofBareEvents.columns().stream().map(column -> column.name()).collect(Collectors.toSet());
    }

    /** A table, and whether it shall follow the schemas of later events. */
    record Found(TableSchema schema, boolean learned) {}

    /**
     * Reads the topic from its beginning until an event tells.
     *
     * @param partitions how many the topic has
     * @param once whether to give up where the topic ends
     * @param stopped says when to end without a result
     * @throws CdfException if the events do not tell
     */
    Optional<Found> find(int partitions, boolean once, BooleanSupplier stopped, Consumer<String> notices) {
        List<TopicPartition> all = IntStream.range(0, partitions)
                .mapToObj(partition -> new TopicPartition(topic, partition))
                .toList();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(
                connection.readerProperties(KafkaConnection.bulkConsumerDefaults()),
                new ByteArrayDeserializer(),
                new ByteArrayDeserializer())) {
            consumer.assign(all);
            consumer.seekToBeginning(all);
            boolean told = false;
            while (!stopped.getAsBoolean()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                for (ConsumerRecord<byte[], byte[]> record : records) {
                    Optional<Found> found = look(record);
                    if (found.isPresent()) {
                        return found;
                    }
                }
                if (records.isEmpty() && isAtEnd(consumer)) {
                    if (eventSeen || once) {
                        throw nothingTold();
                    }
                    if (!told) {
                        notices.accept("waiting for the first event of " + topic + ", which tells the table's columns");
                        told = true;
                    }
                }
            }
            return Optional.empty();
        } catch (KafkaException failure) {
            throw connection.explain(failure);
        }
    }

    /** Whether there is nothing more; not if the broker does not tell. */
    private static boolean isAtEnd(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            return consumer.endOffsets(consumer.assignment(), PATIENCE).entrySet().stream()
                    .allMatch(end -> consumer.position(end.getKey(), PATIENCE) >= end.getValue());
        } catch (TimeoutException away) {
            return false;
        }
    }

    private Optional<Found> look(ConsumerRecord<byte[], byte[]> record) {
        Optional<EventSchema> schema = EventSchema.read(record.key(), record.value());
        if (schema.isPresent() && !schema.get().key().isEmpty()) {
            return Optional.of(new Found(schema.get().toTable(), true));
        }
        if (reader.read(record.value(), record.timestamp()) instanceof Decoded.Accepted accepted) {
            Optional<Row> row = accepted.event().after().or(accepted.event()::before);
            if (row.filter(columns -> columns.columns().keySet().equals(bareNames))
                    .isPresent()) {
                return Optional.of(new Found(ofBareEvents, false));
            }
            eventSeen |= !(accepted.event() instanceof ChangeEvent.Tombstone);
        }
        looked++;
        if (looked == MAX_RECORDS) {
            throw nothingTold();
        }
        return Optional.empty();
    }

    private CdfException nothingTold() {
        return new CdfException(
                ExitCode.FAILED,
                looked == 0
                        ? "the topic " + topic + " has no event yet to tell the table's columns"
                        : "the first " + looked + " records of " + topic
                                + " do not tell the table's columns and key: none has a schema in both its value and its"
                                + " key",
                "give the columns and the key with --schema and --key");
    }
}
