package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.InterruptException;
import org.apache.kafka.common.errors.RecordTooLargeException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends a connector's records to their topics, many batches at a time, and tells up to where all of them are acknowledged by
 * all replicas. A broker that is away is waited for. One thread sends; any thread may read the counts.
 */
final class EventSender implements AutoCloseable {
    private static final Duration LINGERING = Duration.ofMillis(5);

    private final KafkaConnection connection;
    private final Set<String> topics;
    private final KafkaProducer<byte @Nullable [], byte @Nullable []> producer;
    private final EventJson json = new EventJson();

    /** What is not acknowledged whole, in the order of sending. */
    private final Deque<Batch> batches = new ArrayDeque<>();

    private final AtomicLong snapshotRows = new AtomicLong();
    private final AtomicLong changes = new AtomicLong();
    private volatile @Nullable Batch oldest;
    private volatile @Nullable Exception failure;

    /** The records of one poll. */
    private static final class Batch {
        private final long sentNanos = System.nanoTime();

        /** How many are not acknowledged, and one more while they are being sent. */
        private final AtomicLong unacknowledged = new AtomicLong(1);

        /** The connector's position after them; null once it is of no use any more. */
        private @Nullable Map<String, ?> offset;

        private long snapshotRows;
        private long changes;

        private Batch(Map<String, ?> offset) {
            this.offset = offset;
        }

        private void count(SourceRecord record) {
            if (record.value() instanceof Struct envelope) {
                if ("r".equals(envelope.get("op"))) {
                    snapshotRows++;
                } else {
                    changes++;
                }
            }
        }
    }

    private EventSender(
            KafkaConnection connection,
            Set<String> topics,
            KafkaProducer<byte @Nullable [], byte @Nullable []> producer) {
        this.connection = connection;
        this.topics = topics;
        this.producer = producer;
    }

    /** Opens a sender to these topics; it connects at the first record. */
    static EventSender open(KafkaConnection connection, List<String> topics) {
        Map<String, String> defaults = new HashMap<>(Publisher.producerDefaults(LINGERING));
        // An event is mostly its schema, the same each time.
        defaults.put(ProducerConfig.COMPRESSION_TYPE_CONFIG, "lz4");
        defaults.put(ProducerConfig.MAX_REQUEST_SIZE_CONFIG, Integer.toString(64 << 20));
        defaults.put(ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(128 << 20));
        // However long the broker is away, the slot keeps what comes next.
        defaults.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, Integer.toString(Integer.MAX_VALUE));
        defaults.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, Long.toString(Long.MAX_VALUE));
        try {
            return new EventSender(
                    connection,
                    Set.copyOf(topics),
                    new KafkaProducer<>(
                            connection.clientProperties(defaults),
                            new ByteArraySerializer(),
                            new ByteArraySerializer()));
        } catch (KafkaException invalid) {
            throw connection.explain(invalid);
        }
    }

    /** Sends the records of the tables; others, such as heartbeats, only tell the position. Blocks while the buffer is full. */
    void send(List<SourceRecord> records) throws InterruptedException {
        throwFailure();
        Batch batch = new Batch(records.get(records.size() - 1).sourceOffset());
        batches.add(batch);
        oldest = batches.peek();
        Callback acknowledged = (metadata, refusal) -> {
            if (refusal == null) {
                batch.unacknowledged.decrementAndGet();
            } else if (failure == null) {
                failure = refusal;
            }
        };
        for (SourceRecord record : records) {
            if (topics.contains(record.topic())) {
                batch.count(record);
                batch.unacknowledged.incrementAndGet();
                byte[] key = json.write(record.keySchema(), record.key());
                byte[] value = json.write(record.valueSchema(), record.value());
                send(record.topic(), key, value, acknowledged);
            }
        }
        batch.unacknowledged.decrementAndGet();
    }

    private void send(String topic, byte @Nullable [] key, byte @Nullable [] value, Callback acknowledged)
            throws InterruptedException {
        try {
            // A truncation has no key: Kafka would choose any partition.
            var unused = producer.send(
                    key == null ? new ProducerRecord<>(topic, 0, null, value) : new ProducerRecord<>(topic, key, value),
                    acknowledged);
        } catch (InterruptException stopped) {
            // Kafka's leaves the thread marked as interrupted; whoever throws an InterruptedException does not.
            boolean unused = Thread.interrupted();
            throw (InterruptedException) new InterruptedException().initCause(stopped);
        } catch (KafkaException | IllegalStateException refused) {
            failure = refused;
            throwFailure();
        }
    }

    /** Writes the capture's position, and calls back when it is there for good. */
    void sendPosition(String topic, byte[] key, byte[] value, Runnable acknowledged) throws InterruptedException {
        send(topic, key, value, (metadata, refusal) -> {
            if (refusal == null) {
                acknowledged.run();
            } else if (failure == null) {
                failure = refusal;
            }
        });
    }

    /** The newest position up to which everything is acknowledged, if it moved since the last call. */
    Optional<Map<String, ?>> acknowledgedOffset() {
        throwFailure();
        Map<String, ?> newest = null;
        while (!batches.isEmpty() && batches.peek().unacknowledged.get() == 0) {
            Batch done = batches.remove();
            snapshotRows.addAndGet(done.snapshotRows);
            changes.addAndGet(done.changes);
            newest = done.offset;
        }
        oldest = batches.peek();
        return Optional.ofNullable(newest);
    }

    /** The connector that they came from has ended: the positions of what was sent are no places any more to go on from. */
    void forgetOffsets() {
        batches.forEach(batch -> batch.offset = null);
    }

    /** Rows of snapshots that are in Kafka. */
    long snapshotRows() {
        return snapshotRows.get();
    }

    /** Changes that are in Kafka. */
    long changes() {
        return changes.get();
    }

    /** How long the oldest batch waits for its acknowledgement. */
    Duration waiting() {
        Batch waiting = oldest;
        return waiting == null ? Duration.ZERO : Duration.ofNanos(System.nanoTime() - waiting.sentNanos);
    }

    /** Whether nothing is on its way. */
    boolean idle() {
        return oldest == null;
    }

    void throwFailure() {
        Exception first = failure;
        if (first != null) {
            CdfException explained = connection.explain(first);
            throw new CdfException(
                    ExitCode.FAILED,
                    "sending to Kafka failed: " + explained.problem(),
                    first instanceof RecordTooLargeException
                            ? "raise max.message.bytes of the topic: kafka-configs.sh --alter --entity-type topics …"
                            : explained.hint(),
                    first);
        }
    }

    /** Ends without waiting long for what is not acknowledged: it comes again with the next run. */
    @Override
    public void close() {
        producer.close(Duration.ofSeconds(2));
    }
}
