package cdf.verify;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What a topic adds up to between two positions: a plain consumer and a map for each partition, for the changes of a key
 * are in one partition.
 */
final class TopicReplay {
    private static final Duration POLL = Duration.ofMillis(200);
    private static final Duration PATIENCE = Duration.ofSeconds(6);

    private final KafkaConnection connection;
    private final String topic;
    private final PlainDecoder decoder;
    private final boolean sequenced;
    private final Predicate<ConsumerRecord<byte[], byte[]>> wanted;
    private final Map<Integer, PartitionReplay> partitions = new HashMap<>();
    private final AtomicLong events = new AtomicLong();
    private Function<Object, @Nullable Known> earlier = key -> null;
    private volatile boolean stopped;

    /**
     * @param sequenced whether a number in the events orders the changes of a key, and not the topic
     * @param wanted which records to take; called by several threads, but for the records of a partition by one
     */
    TopicReplay(
            KafkaConnection connection,
            String topic,
            PlainDecoder decoder,
            boolean sequenced,
            Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
        this.connection = connection;
        this.topic = topic;
        this.decoder = decoder;
        this.sequenced = sequenced;
        this.wanted = wanted;
    }

    /** A record that is no event of the table, and the column at fault if one is. */
    record Unreadable(int partition, long offset, Optional<String> column) {}

    /** What the topic says of a key. */
    static final class Known {
        private final long sequence;
        private final @Nullable List<@Nullable Object> row;
        private boolean found;

        Known(long sequence, @Nullable List<@Nullable Object> row) {
            this.sequence = sequence;
            this.row = row;
        }

        /** The row; null if it was deleted. */
        @Nullable
        List<@Nullable Object> row() {
            return row;
        }

        long sequence() {
            return sequence;
        }

        /** Notes that the table has the key; whether it had it already. */
        boolean find() {
            boolean before = found;
            found = true;
            return before;
        }

        boolean isMissing() {
            return row != null && !found;
        }
    }

    /** Says what is known of a key from before the first event: an update may have only some of the row's values. */
    void goOnFrom(Function<Object, @Nullable Known> known) {
        earlier = known;
    }

    /** Reads the events of some partitions, several at a time. */
    void read(Map<Integer, Long> from, Map<Integer, Long> to) {
        List<List<Integer>> shares = new ArrayList<>();
        int threads = Math.max(1, Math.min(to.size(), Runtime.getRuntime().availableProcessors()));
        for (int thread = 0; thread < threads; thread++) {
            shares.add(new ArrayList<>());
        }
        int next = 0;
        for (int partition : to.keySet()) {
            shares.get(next++ % threads).add(partition);
            partitions.put(partition, new PartitionReplay(from.getOrDefault(partition, 0L) > 0));
        }
        CompletableFuture<?>[] readers = shares.stream()
                .map(share -> CompletableFuture.runAsync(() -> read(share, from, to))
                        .whenComplete((nothing, failure) -> stopped |= failure != null))
                .toArray(CompletableFuture<?>[]::new);
        try {
            CompletableFuture.allOf(readers).join();
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : failure;
        }
        if (stopped) {
            throw interrupted();
        }
    }

    static CdfException interrupted() {
        return new CdfException(
                ExitCode.INTERRUPTED, "nothing is proved: the verification did not come to its end", "let it run");
    }

    /** Ends {@link #read} soon, from any thread. */
    void stop() {
        stopped = true;
    }

    boolean isSequenced() {
        return sequenced;
    }

    /** How many records have been read so far; from any thread. */
    long events() {
        return events.get();
    }

    /** Whether nothing before the first record that was read can matter. */
    boolean isComplete() {
        return partitions.values().stream().noneMatch(partition -> partition.beginsLate);
    }

    /** Says that the table was made from just the events that were read: what they do not tell of was not there. */
    void takeAsWhole() {
        partitions.values().forEach(partition -> {
            partition.unreadable.addAll(partition.orphans);
            partition.orphans.clear();
        });
    }

    /** The records that are no events. */
    List<Unreadable> unreadable() {
        return partitions.values().stream()
                .flatMap(partition -> partition.unreadable.stream())
                .toList();
    }

    /** What the topic says of a key; null if it says nothing. */
    @Nullable
    Known find(Object key) {
        Known found = null;
        for (PartitionReplay partition : partitions.values()) {
            Known candidate = partition.known.get(key);
            if (candidate != null && (found == null || found.row() == null)) {
                found = candidate;
            }
        }
        return found;
    }

    /** What the topic says of every key. */
    void forEach(BiConsumer<Object, Known> reader) {
        partitions.values().forEach(partition -> partition.known.forEach(reader));
    }

    private void read(List<Integer> share, Map<Integer, Long> from, Map<Integer, Long> to) {
        List<TopicPartition> assigned = share.stream()
                .map(partition -> new TopicPartition(topic, partition))
                .toList();
        Map<String, Object> settings = connection.readerProperties(KafkaConnection.bulkConsumerDefaults());
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none"); // what is gone must not be passed over
        try (KafkaConsumer<byte[], byte[]> consumer =
                new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
            consumer.assign(assigned);
            assigned.forEach(partition -> consumer.seek(partition, from.getOrDefault(partition.partition(), 0L)));
            List<TopicPartition> unfinished = new ArrayList<>(assigned);
            while (!stopped && !unfinished.isEmpty()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                if (records.isEmpty()) {
                    var unused = consumer.endOffsets(unfinished, PATIENCE); // throws if the broker is away
                }
                for (TopicPartition partition : records.partitions()) {
                    take(records.records(partition), to.getOrDefault(partition.partition(), 0L));
                }
                unfinished.removeIf(partition -> {
                    boolean finished = consumer.position(partition) >= to.getOrDefault(partition.partition(), 0L);
                    if (finished) {
                        consumer.pause(List.of(partition));
                    }
                    return finished;
                });
            }
        } catch (KafkaException failure) {
            throw connection.explain(failure);
        }
    }

    private void take(List<ConsumerRecord<byte[], byte[]>> records, long end) {
        long taken = 0;
        for (ConsumerRecord<byte[], byte[]> record : records) {
            if (record.offset() < end && wanted.test(record)) {
                PartitionReplay partition = partitions.get(record.partition());
                if (partition == null) {
                    throw new IllegalStateException("a record of a partition that was not asked for: " + record);
                }
                partition.take(record);
                taken++;
            }
        }
        events.addAndGet(taken);
    }

    /** One partition's events; used by one thread, and then by another. */
    private final class PartitionReplay {
        private final Map<Object, Known> known = new HashMap<>();
        private final List<Unreadable> unreadable = new ArrayList<>();

        /** Updates that have not all values of a row that the topic no longer tells of, if there was one. */
        private final List<Unreadable> orphans = new ArrayList<>();

        private boolean beginsLate;

        PartitionReplay(boolean beginsLate) {
            this.beginsLate = beginsLate;
        }

        void take(ConsumerRecord<byte[], byte[]> record) {
            PlainEvent event = decoder.decode(record.key(), record.value());
            if (event instanceof PlainEvent.Upserted upserted) {
                upsert(record, upserted);
            } else if (event instanceof PlainEvent.Deleted deleted) {
                if (sequenced || beginsLate) {
                    put(deleted.key(), new Known(deleted.sequence(), null));
                } else {
                    known.remove(deleted.key());
                }
            } else if (event instanceof PlainEvent.Truncated) {
                truncate(record);
            } else if (event instanceof PlainEvent.Unreadable noEvent) {
                unreadable.add(new Unreadable(record.partition(), record.offset(), noEvent.column()));
            }
        }

        private void upsert(ConsumerRecord<byte[], byte[]> record, PlainEvent.Upserted upserted) {
            Known before = known.get(upserted.key());
            if (before == null && beginsLate) {
                before = earlier.apply(upserted.key());
            }
            boolean late = sequenced && before != null && upserted.sequence() <= before.sequence();
            if (late) {
                return;
            }
            if (upserted.unavailable().isEmpty()) {
                put(upserted.key(), new Known(upserted.sequence(), upserted.row()));
            } else if (before != null && before.row() != null) {
                put(upserted.key(), new Known(upserted.sequence(), completed(upserted, before.row())));
            } else {
                String column = decoder.columnName(upserted.unavailable().get(0));
                Unreadable orphan = new Unreadable(record.partition(), record.offset(), Optional.of(column));
                (before == null && beginsLate ? orphans : unreadable).add(orphan);
            }
        }

        private static List<@Nullable Object> completed(PlainEvent.Upserted upserted, List<@Nullable Object> before) {
            List<@Nullable Object> row = new ArrayList<>(upserted.row());
            upserted.unavailable().forEach(column -> row.set(column, before.get(column)));
            return row;
        }

        private void put(Object key, Known now) {
            Known before = known.put(key, now);
            if (sequenced && before != null && now.sequence() <= before.sequence()) {
                known.put(key, before); // the event is late
            }
        }

        /** From here on the partition's rows are known, wherever the reading began. */
        private void truncate(ConsumerRecord<byte[], byte[]> record) {
            if (partitions.size() > 1) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "the table is truncated at offset " + record.offset() + " in partition " + record.partition()
                                + " of " + topic + ", and in the other partitions it is not known when",
                        "write changes that can be truncations into a topic of one partition");
            }
            known.clear();
            beginsLate = false;
        }
    }
}
