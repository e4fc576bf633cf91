package cdf.kafka;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AdminClientConfig;
import org.apache.kafka.clients.admin.DescribeClusterOptions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The topics of a cluster. Thread-safe. */
public final class Topics implements AutoCloseable {
    /** Below the ten seconds in which a command must have said that there is no broker. */
    private static final Duration PATIENCE = Duration.ofSeconds(6);

    private static final Duration SOON = Duration.ofSeconds(2);
    private static final Duration READY_CHECK = Duration.ofMillis(20);

    private final KafkaConnection connection;
    private final Admin admin;

    private Topics(KafkaConnection connection, Admin admin) {
        this.connection = connection;
        this.admin = admin;
    }

    /**
     * Connects, and makes sure that a broker answers and accepts the credentials.
     *
     * @throws CdfException with {@link ExitCode#BROKER_UNREACHABLE} when none does within six seconds
     */
    public static Topics connect(KafkaConnection connection) {
        Map<String, Object> settings = connection.clientProperties(Map.of());
        // Ours, whatever the user's producers and consumers wait: the two must fit each other.
        settings.put(AdminClientConfig.REQUEST_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
        settings.put(AdminClientConfig.DEFAULT_API_TIMEOUT_MS_CONFIG, Math.toIntExact(PATIENCE.toMillis()));
        Admin admin;
        try {
            admin = Admin.create(settings);
        } catch (KafkaException invalid) {
            throw connection.explainSettings(invalid);
        }
        Topics topics = new Topics(connection, admin);
        try {
            topics.await(admin.describeCluster().clusterId());
        } catch (RuntimeException | ExecutionException failure) {
            topics.close();
            throw connection.explain(failure);
        }
        return topics;
    }

    public KafkaConnection connection() {
        return connection;
    }

    /** Whether a broker answers within two seconds. */
    public boolean reachable() {
        DescribeClusterOptions soon = new DescribeClusterOptions().timeoutMs(Math.toIntExact(SOON.toMillis()));
        try {
            await(admin.describeCluster(soon).clusterId());
            return true;
        } catch (CdfException | ExecutionException away) {
            return false;
        }
    }

    /** The names of all topics but Kafka's own. */
    public Set<String> names() {
        try {
            return await(admin.listTopics().names());
        } catch (ExecutionException failure) {
            throw connection.explain(failure);
        }
    }

    /** The number of the topic's partitions; empty when there is no such topic. */
    public OptionalInt partitions(String topic) {
        try {
            return OptionalInt.of(describe(topic).partitions().size());
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
                return OptionalInt.empty();
            }
            throw explain(topic, failure);
        }
    }

    /**
     * Creates the topic when it is missing, and waits until all its partitions take records; one that exists stays as it
     * is. The waiting matters: a partition that is not ready yet may refuse a producer's first batch and accept its
     * second, and then refuses the first for good as out of order (KAFKA-14359).
     *
     * @return the number of partitions that the topic has now
     */
    public int ensure(String topic, int partitions) {
        return ensure(topic, partitions, Map.of());
    }

    /** The same, with settings of the topic by Kafka's names, which only a topic that is created gets. */
    public int ensure(String topic, int partitions, Map<String, String> settings) {
        OptionalInt existing = partitions(topic);
        if (existing.isPresent()) {
            return existing.getAsInt();
        }
        try {
            NewTopic wanted = new NewTopic(topic, Optional.of(partitions), Optional.empty()).configs(settings);
            await(admin.createTopics(List.of(wanted)).all());
            awaitReady(topic, partitions);
            return partitions;
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof TopicExistsException) {
                return partitions(topic).orElse(partitions);
            }
            throw explain(topic, failure);
        }
    }

    /** Deletes the topic and all that is in it; nothing happens when there is none. */
    public void delete(String topic) {
        try {
            await(admin.deleteTopics(List.of(topic)).all());
        } catch (ExecutionException failure) {
            if (!(failure.getCause() instanceof UnknownTopicOrPartitionException)) {
                throw explain(topic, failure);
            }
        }
    }

    private void awaitReady(String topic, int partitions) throws ExecutionException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                var unused = endOffsets(topic, partitions);
                return;
            } catch (ExecutionException unready) {
                if (!(unready.getCause() instanceof RetriableException) || System.nanoTime() - deadline > 0) {
                    throw unready;
                }
                LockSupport.parkNanos(READY_CHECK.toNanos());
            }
        }
    }

    /** Where each of the topic's partitions ends: the offset that its next record will have. */
    public Map<Integer, Long> endOffsets(String topic) {
        try {
            return endOffsets(topic, partitions(topic).orElse(0));
        } catch (ExecutionException failure) {
            throw explain(topic, failure);
        }
    }

    private Map<Integer, Long> endOffsets(String topic, int partitions) throws ExecutionException {
        return offsets(topic, partitions, OffsetSpec.latest());
    }

    /** What tells the topic from an earlier one of the same name (KIP-516); empty when there is no such topic. */
    public Optional<String> id(String topic) {
        try {
            return Optional.of(describe(topic).topicId().toString());
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw explain(topic, failure);
        }
    }

    /** What there is of the topic; empty when there is no such topic. */
    public Optional<TopicContents> contents(String topic) {
        try {
            TopicDescription found = describe(topic);
            int partitions = found.partitions().size();
            return Optional.of(new TopicContents(
                    found.topicId().toString(),
                    offsets(topic, partitions, OffsetSpec.earliest()),
                    offsets(topic, partitions, OffsetSpec.latest())));
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof UnknownTopicOrPartitionException) {
                return Optional.empty();
            }
            throw explain(topic, failure);
        }
    }

    private TopicDescription describe(String topic) throws ExecutionException {
        return await(admin.describeTopics(List.of(topic)).allTopicNames())
                .values()
                .iterator()
                .next();
    }

    private Map<Integer, Long> offsets(String topic, int partitions, OffsetSpec where) throws ExecutionException {
        Map<TopicPartition, OffsetSpec> wanted = IntStream.range(0, partitions)
                .boxed()
                .collect(Collectors.toMap(partition -> new TopicPartition(topic, partition), partition -> where));
        return await(admin.listOffsets(wanted).all()).entrySet().stream()
                .collect(Collectors.toMap(found -> found.getKey().partition(), found -> found.getValue()
                        .offset()));
    }

    @Override
    public void close() {
        admin.close(Duration.ofSeconds(1));
    }

    private CdfException explain(String topic, ExecutionException failure) {
        if (failure.getCause() instanceof InvalidTopicException invalid) {
            return new CdfException(
                    ExitCode.WRONG_USAGE,
                    "'" + topic + "' cannot be a topic: " + invalid.getMessage(),
                    "name another with --topic",
                    failure);
        }
        return connection.explain(failure);
    }

    private <T> T await(KafkaFuture<T> future) throws ExecutionException {
        try {
            return future.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException late) {
            throw connection.unreachable(late);
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new CdfException(
                    ExitCode.INTERRUPTED, "interrupted while waiting for " + connection, "run it again", stopped);
        }
    }
}
