package cdf.kafka;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.Callback;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Sends records to one topic, acknowledged by all replicas and idempotent, and counts what became of them. One thread
 * sends; any thread may read the counts.
 */
public final class Publisher implements AutoCloseable {
    private static final Duration LONGEST_LATENCY = Duration.ofMinutes(10);
    /** Latencies are told to one part in a hundred; with a digit more the counts would not fit the processor's cache. */
    private static final int LATENCY_DIGITS = 2;

    private static final Duration CLOSING = Duration.ofSeconds(30);

    /** Told where a record is, once all replicas have it, on Kafka's sender thread; all are told before a flush ends. */
    @FunctionalInterface
    public interface Acknowledgement {
        /** The record is here; the offset is negative if the broker does not tell, as with {@code acks=0}. */
        void at(int partition, long offset);
    }

    private final KafkaConnection connection;
    private final String topic;
    private final KafkaProducer<byte @Nullable [], byte @Nullable []> producer;

    private final AtomicLong sent = new AtomicLong();
    private final AtomicLong acknowledged = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();
    /** Written by Kafka's sender thread alone, read once that thread has ended. */
    private final Histogram latencyMicros = new Histogram(LONGEST_LATENCY.toNanos() / 1000, LATENCY_DIGITS);

    private volatile @Nullable Exception failure;
    private boolean closed;

    private Publisher(
            KafkaConnection connection, String topic, KafkaProducer<byte @Nullable [], byte @Nullable []> producer) {
        this.connection = connection;
        this.topic = topic;
        this.producer = producer;
    }

    /**
     * Opens a publisher; connects only at the first record.
     *
     * @param lingering how long a record may wait for others to share its request
     */
    public static Publisher open(KafkaConnection connection, String topic, Duration lingering) {
        try {
            return new Publisher(
                    connection,
                    topic,
                    new KafkaProducer<>(
                            connection.clientProperties(producerDefaults(lingering)),
                            new ByteArraySerializer(),
                            new ByteArraySerializer()));
        } catch (KafkaException invalid) {
            throw connection.explainSettings(invalid);
        }
    }

    /** The producer's settings where the user gave none: what {@code bench/generate} gives its peer as well. */
    public static Map<String, String> producerDefaults(Duration lingering) {
        return Map.of(
                ProducerConfig.ACKS_CONFIG, "all",
                ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true",
                ProducerConfig.LINGER_MS_CONFIG, Long.toString(lingering.toMillis()),
                ProducerConfig.BATCH_SIZE_CONFIG, Integer.toString(128 * 1024),
                ProducerConfig.BUFFER_MEMORY_CONFIG, Integer.toString(64 * 1024 * 1024),
                // A broker may be away for two minutes before a record counts as failed.
                ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "120000",
                ProducerConfig.MAX_BLOCK_MS_CONFIG, "120000");
    }

    /**
     * Sends a record; blocks while the producer's buffer is full.
     *
     * @param key the key, or null: such a record goes to partition 0
     * @param value the value, or null for a tombstone
     * @param dueNanos when the record should have been sent, on {@link System#nanoTime()}'s clock: its latency counts
     *     from there, so that a delay before the sending is not hidden
     * @throws CdfException if this record or an earlier one failed
     */
    public void send(byte @Nullable [] key, byte @Nullable [] value, long dueNanos) {
        send(key, value, (metadata, exception) -> completed(metadata, exception, dueNanos));
    }

    /** Sends a record in the same way, and tells where it came to lie. */
    public void send(byte @Nullable [] key, byte @Nullable [] value, long dueNanos, Acknowledgement acknowledgement) {
        send(key, value, (metadata, exception) -> {
            completed(metadata, exception, dueNanos);
            if (exception == null) {
                acknowledgement.at(metadata.partition(), metadata.hasOffset() ? metadata.offset() : -1);
            }
        });
    }

    private void send(byte @Nullable [] key, byte @Nullable [] value, Callback callback) {
        throwFailure();
        try {
            // The callback says how it ended; nobody waits for the future.
            var unused = producer.send(record(key, value), callback);
            // One thread writes, as with the counts below.
            sent.lazySet(sent.getPlain() + 1);
        } catch (KafkaException | IllegalStateException refused) {
            failure = refused;
            throwFailure();
        }
    }

    /** Without a key, Kafka would choose any partition, and the same records would not give the same topic. */
    private ProducerRecord<byte @Nullable [], byte @Nullable []> record(
            byte @Nullable [] key, byte @Nullable [] value) {
        return key == null ? new ProducerRecord<>(topic, 0, null, value) : new ProducerRecord<>(topic, key, value);
    }

    private void completed(RecordMetadata metadata, @Nullable Exception exception, long dueNanos) {
        if (exception != null) {
            if (failure == null) {
                failure = exception;
            }
            return;
        }
        // One thread writes: Kafka's sender. Ordered stores suffice, readers see them soon.
        acknowledged.lazySet(acknowledged.getPlain() + 1);
        bytes.lazySet(bytes.getPlain() + size(metadata.serializedKeySize()) + size(metadata.serializedValueSize()));
        long micros = Math.max(0, System.nanoTime() - dueNanos) / 1000;
        latencyMicros.recordValue(Math.min(micros, latencyMicros.getHighestTrackableValue()));
    }

    /** Kafka has -1 for a null. */
    private static int size(int serializedSize) {
        return Math.max(0, serializedSize);
    }

    /** Waits until everything sent is acknowledged. */
    public void flush() {
        producer.flush();
        throwFailure();
    }

    /** The records handed over so far. */
    public long sent() {
        return sent.get();
    }

    /** The records that all replicas have. */
    public long acknowledged() {
        return acknowledged.get();
    }

    /** The bytes of the keys and values of the acknowledged records. */
    public long acknowledgedBytes() {
        return bytes.get();
    }

    /** From the time a record was due to its acknowledgement, in microseconds; only after {@link #close()}. */
    public Histogram latencyMicros() {
        if (!closed) {
            throw new IllegalStateException("the latencies are complete only when the publisher is closed");
        }
        return latencyMicros;
    }

    /** Sends what is still buffered, for half a minute at most; what is not acknowledged then shows in the counts. */
    @Override
    public void close() {
        if (!closed) {
            producer.close(CLOSING);
            closed = true;
        }
    }

    private void throwFailure() {
        Exception first = failure;
        if (first != null) {
            CdfException explained = connection.explain(first);
            throw new CdfException(
                    ExitCode.FAILED,
                    "sending to " + topic + " failed: " + explained.problem(),
                    explained.hint(),
                    first);
        }
    }
}
