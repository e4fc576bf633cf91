package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Keeps a streaming query on a topic running: waits for the topic and the broker, and starts the query again where it
 * stopped when it failed because the broker was away. Where it stopped only the query knows: each start has a checkpoint
 * of its own, which nothing depends on.
 */
final class TopicStream {
    /** A streaming query on the topic that can be started more than once. */
    interface Query {
        /** Of each partition the offset of the next record; a partition without is read from its beginning. */
        Map<Integer, Long> nextOffsets();

        /** Checks that the query can be started on what the topic has now. */
        void check(TopicContents contents);

        /** Starts the query with its source and checkpoint. */
        StreamingQuery start(DataStreamReader source, String checkpoint) throws TimeoutException;

        /** Stops the query. */
        default void stop(StreamingQuery started) throws TimeoutException {
            started.stop();
        }
    }

    private static final Duration STOP_CHECK = Duration.ofMillis(20);
    private static final Duration RETRY = Duration.ofMillis(500);
    private static final Duration BROKER_CHECK = Duration.ofSeconds(1);

    /** A query that fails so often in a row without a new record, while the broker answers, will not mend by itself. */
    private static final int FRUITLESS_ATTEMPTS = 2;

    /**
     * Spark waits for Kafka's client without taking an interruption, by default for a minute when the broker is away;
     * so long would {@link #stop()} take. The user's own timeouts, which are for other clients, do not count.
     */
    private static final Map<String, String> TIMEOUTS =
            Map.of("default.api.timeout.ms", "5000", "request.timeout.ms", "5000");

    /** What Spark sets itself, and refuses otherwise (Spark documentation, "Kafka specific configurations"). */
    private static final Set<String> RESERVED = Set.of(
            "auto.offset.reset", "enable.auto.commit", "interceptor.classes", "key.deserializer", "value.deserializer");

    private final Topics topics;
    private final BrokerWatch broker;
    private final String topic;
    private final Consumer<String> notices;
    private final CountDownLatch stopping = new CountDownLatch(1);

    /** The identity of the topic that the running query began with. */
    private volatile String runningId = "";

    private int fruitlessAttempts;
    private long nextBrokerCheckNanos = System.nanoTime();

    /** @param notices receives what is worth telling the user, in one line: the topic is missing, the broker away or back */
    TopicStream(Topics topics, String topic, Consumer<String> notices) {
        this(topics, new BrokerWatch(topics, notices), topic, notices);
    }

    /** A stream that leaves it to a watch which others share to tell that the broker is away or back. */
    TopicStream(Topics topics, BrokerWatch broker, String topic, Consumer<String> notices) {
        this.topics = topics;
        this.broker = broker;
        this.topic = topic;
        this.notices = notices;
    }

    /**
     * Runs the query until it ends by itself, or until {@link #stop()}.
     *
     * @param clientDefaults properties of Kafka's clients, which the user's own override
     * @param checkpoints where to keep checkpoints meanwhile; a temporary directory if it is not given
     * @throws CdfException when the stream cannot go on
     */
    void run(SparkSession spark, Query query, Map<String, String> clientDefaults, Optional<String> checkpoints) {
        Path temporary = temporaryDirectory();
        try {
            String directory = checkpoints.orElse(temporary.toString());
            boolean ended = false;
            while (!ended) {
                Optional<TopicContents> contents = awaitTopic(query::check);
                if (contents.isEmpty()) {
                    return;
                }
                int partitions = contents.get().endOffsets().size();
                DataStreamReader source = source(spark, query.nextOffsets(), partitions, clientDefaults);
                ended = stream(query, source, freshCheckpoint(spark, directory), contents.get());
            }
        } finally {
            FileUtil.fullyDelete(temporary.toFile());
        }
    }

    /** Waits for the topic and tells what it has; empty when {@link #stop()} comes first. */
    Optional<TopicContents> awaitTopic() {
        return awaitTopic(contents -> {});
    }

    /** Ends {@link #run} soon, from any thread, and for good. */
    void stop() {
        stopping.countDown();
    }

    boolean stopped() {
        return stopping.getCount() == 0;
    }

    /**
     * Makes sure, when records have been read, that they are of the topic that the query began with. Spark and Kafka's
     * client go by the topic's name, and read on in one that was deleted and created again.
     *
     * @throws RuntimeException that is to end the query, which is started again then, and the topic checked: when the
     *     topic is another one, and when the broker does not tell
     */
    void requireSameTopic() {
        if (!topics.id(topic).equals(Optional.of(runningId))) {
            throw new TopicReplacedException(topic);
        }
    }

    /** Waits for the topic and tells what it has; empty when the stream is stopped before. */
    private Optional<TopicContents> awaitTopic(Consumer<TopicContents> check) {
        boolean told = false;
        while (awaitBroker()) {
            try {
                Optional<TopicContents> contents = topics.contents(topic);
                if (contents.isPresent()) {
                    check.accept(contents.get());
                    return contents;
                }
                if (!told) {
                    notices.accept("waiting for the topic " + topic + ", which does not exist yet");
                    told = true;
                }
            } catch (CdfException failure) {
                noteAway(failure);
            }
            if (stopped(RETRY)) {
                break;
            }
        }
        return Optional.empty();
    }

    /** Whether the topic has other partitions than when the query began, or is another one, as far as the broker tells. */
    private boolean hasChanged(TopicContents begun) {
        try {
            return topics.contents(topic)
                    .filter(now -> !now.id().equals(begun.id())
                            || now.endOffsets().size() != begun.endOffsets().size())
                    .isPresent();
        } catch (CdfException failure) {
            noteAway(failure);
            return false;
        }
    }

    /** Waits until a broker answers; false when the stream is stopped before. */
    private boolean awaitBroker() {
        while (!stopped()) {
            if (broker.answers()) {
                return true;
            }
            if (stopped(RETRY)) {
                break;
            }
        }
        return false;
    }

    private void noteAway(CdfException failure) {
        if (failure.exitCode() != ExitCode.BROKER_UNREACHABLE) {
            throw failure;
        }
        broker.noteAway();
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("cdf-checkpoint-");
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot create a temporary directory: " + failure.getMessage(),
                    "make room in the directory for temporary files, or name another with TMPDIR",
                    failure);
        }
    }

    /** The checkpoint, without what an earlier query left there: this one goes on from elsewhere. */
    private String freshCheckpoint(SparkSession spark, String directory) {
        org.apache.hadoop.fs.Path checkpoint = new org.apache.hadoop.fs.Path(directory, "cdf-checkpoint-" + topic);
        try {
            checkpoint.getFileSystem(spark.sessionState().newHadoopConf()).delete(checkpoint, true);
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot delete the old checkpoint " + checkpoint + ": " + failure.getMessage(),
                    "name another directory with --checkpoint",
                    failure);
        }
        return checkpoint.toString();
    }

    /**
     * Runs one streaming query to its end; returns whether no other shall follow.
     *
     * @param begun what the topic has: when it is another one, or has other partitions, the query must start again
     */
    private boolean stream(Query query, DataStreamReader source, String checkpoint, TopicContents begun) {
        Map<Integer, Long> before = query.nextOffsets();
        runningId = begun.id();
        try {
            StreamingQuery started = query.start(source, checkpoint);
            boolean changed = false;
            try {
                while (started.isActive() && !changed && !stopped(STOP_CHECK)) {
                    changed = checkBroker() && hasChanged(begun);
                }
            } finally {
                if (started.isActive()) {
                    query.stop(started);
                }
            }
            if (started.exception().isDefined()) {
                recover(started.exception().get(), !before.equals(query.nextOffsets()));
                return stopped();
            }
            return stopped() || !changed;
        } catch (TimeoutException slow) {
            throw new IllegalStateException("Spark neither starts nor stops its query", slow);
        }
    }

    private DataStreamReader source(
            SparkSession spark, Map<Integer, Long> nextOffsets, int partitions, Map<String, String> clientDefaults) {
        DataStreamReader reader = spark.readStream()
                .format("kafka")
                .option("subscribe", topic)
                .option("startingOffsets", startingOffsets(nextOffsets, partitions));
        Map<String, Object> properties = topics.connection().clientProperties(clientDefaults);
        properties.putAll(TIMEOUTS);
        properties.keySet().removeAll(RESERVED);
        properties.forEach((name, value) -> reader.option("kafka." + name, value.toString()));
        return reader;
    }

    /** Every partition's next offset, in Spark's JSON: {@code {"topic":{"0":17}}}; -2 is the earliest there is. */
    private String startingOffsets(Map<Integer, Long> nextOffsets, int partitions) {
        if (nextOffsets.isEmpty()) {
            return "earliest";
        }
        StringBuilder offsets = new StringBuilder("{\"" + topic + "\":{");
        for (int partition = 0; partition < partitions; partition++) {
            offsets.append(partition == 0 ? "\"" : ",\"").append(partition).append("\":");
            offsets.append(nextOffsets.getOrDefault(partition, -2L));
        }
        return offsets.append("}}").toString();
    }

    /**
     * Tells when the broker goes away or comes back; Kafka's client connects again by itself, so the query may live.
     *
     * @return whether it was time to check, and the broker answers
     */
    private boolean checkBroker() {
        long now = System.nanoTime();
        if (now - nextBrokerCheckNanos < 0) {
            return false;
        }
        boolean answers = broker.answers();
        nextBrokerCheckNanos = System.nanoTime() + BROKER_CHECK.toNanos();
        return answers;
    }

    /** Lets the query be started again, unless that is of no use. */
    private void recover(StreamingQueryException failure, boolean progressed) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CdfException known && known.exitCode() != ExitCode.BROKER_UNREACHABLE) {
                throw known;
            }
        }
        boolean excused = stopped() || broker.away() || progressed || !broker.answers();
        fruitlessAttempts = excused ? 0 : fruitlessAttempts + 1;
        if (fruitlessAttempts == FRUITLESS_ATTEMPTS) {
            throw StreamFailure.explain("the stream of " + topic + " broke", failure);
        }
    }

    private boolean stopped(Duration waiting) {
        try {
            return stopping.await(waiting.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }

    /** The topic is gone, or another one of the name has taken its place. */
    private static final class TopicReplacedException extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TopicReplacedException(String topic) {
            super("the topic " + topic + " was deleted while it was read");
        }
    }
}
