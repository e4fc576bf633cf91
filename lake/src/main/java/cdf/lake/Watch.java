package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reports every record of a topic to a listener, a millisecond or two after it was sent: Spark Structured Streaming in
 * Real-Time Mode. Positions are kept here and not in a checkpoint, so that a query that failed while the broker was
 * away starts again where it stopped.
 */
public final class Watch {
    /**
     * Real-Time Mode pauses for half a second or more at the end of a batch, to write its checkpoint, which we do not
     * need, and to look for new partitions, which we do ourselves: so, seldom.
     */
    private static final Duration BATCH = Duration.ofMinutes(10);

    /** Besides the tasks that hold a partition each, for those of other jobs. */
    private static final int SPARE_TASK_SLOTS = 2;

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
    private final KafkaConnection connection;
    private final String topic;
    private final WatchListener listener;
    private final Map<Integer, Long> nextOffsets = new ConcurrentHashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

    private boolean away;
    private int fruitlessAttempts;
    private long nextBrokerCheckNanos = System.nanoTime();

    /**
     * Prepares to watch.
     *
     * @param startingOffsets where to begin in each partition; one that is not named is read from its beginning
     */
    public Watch(Topics topics, String topic, Map<Integer, Long> startingOffsets, WatchListener listener) {
        this.topics = topics;
        this.connection = topics.connection();
        this.topic = topic;
        this.listener = listener;
        nextOffsets.putAll(startingOffsets);
    }

    /**
     * Watches until {@link #stop()}; waits for the topic when it is missing, and for the broker when it goes away.
     *
     * @throws CdfException when the stream cannot go on
     */
    public void run(SparkSession spark) {
        run(spark, Trigger.RealTime(BATCH.toMillis()));
    }

    /** Watches as {@link #run(SparkSession)} does, with another trigger than Real-Time Mode's, to compare the two. */
    public void run(SparkSession spark, Trigger trigger) {
        SparkSession interpreting = interpreting(spark);
        Path checkpoints = temporaryDirectory();
        try {
            for (int attempt = 0; !stopped(); attempt++) {
                OptionalInt partitions = awaitTopic();
                if (partitions.isPresent()) {
                    stream(
                            interpreting,
                            trigger,
                            partitions.getAsInt(),
                            checkpoints.resolve(Integer.toString(attempt)));
                }
            }
        } finally {
            FileUtil.fullyDelete(checkpoints.toFile());
        }
    }

    /** The query passes five columns on: to generate and compile code for that takes longer than it ever saves. */
    private static SparkSession interpreting(SparkSession spark) {
        SparkSession session = spark.newSession();
        session.conf().set("spark.sql.codegen.wholeStage", false);
        session.conf().set("spark.sql.codegen.factoryMode", "NO_CODEGEN");
        return session;
    }

    /** Ends {@link #run} soon, from any thread, and for good. */
    public void stop() {
        stopping.countDown();
    }

    /** Waits for the topic and gives the number of its partitions; empty when the watch is stopped before. */
    private OptionalInt awaitTopic() {
        boolean told = false;
        while (awaitBroker()) {
            OptionalInt partitions = partitions();
            if (partitions.orElse(0) + SPARE_TASK_SLOTS > LocalSpark.TASK_SLOTS) {
                throw tooManyPartitions(partitions.orElse(0));
            }
            if (partitions.isPresent()) {
                return partitions;
            }
            if (!away && !told) {
                listener.onNotice("waiting for the topic " + topic + ", which does not exist yet");
                told = true;
            }
            if (stopped(RETRY)) {
                break;
            }
        }
        return OptionalInt.empty();
    }

    /** The number of the topic's partitions; empty when there is no such topic, or when the broker goes away. */
    private OptionalInt partitions() {
        try {
            return topics.partitions(topic);
        } catch (CdfException failure) {
            if (failure.exitCode() != ExitCode.BROKER_UNREACHABLE) {
                throw failure;
            }
            noteBroker(false);
            return OptionalInt.empty();
        }
    }

    private CdfException tooManyPartitions(int partitions) {
        return new CdfException(
                ExitCode.FAILED,
                topic + " has " + partitions + " partitions, but at most " + (LocalSpark.TASK_SLOTS - SPARE_TASK_SLOTS)
                        + " can be watched at a time",
                "watch a topic with fewer partitions");
    }

    /** Waits until a broker answers; false when the watch is stopped before. */
    private boolean awaitBroker() {
        while (!stopped()) {
            noteBroker(topics.reachable());
            if (!away) {
                return true;
            }
            if (stopped(RETRY)) {
                break;
            }
        }
        return false;
    }

    private void noteBroker(boolean reachable) {
        if (away == reachable) {
            listener.onNotice(
                    reachable
                            ? "the broker at " + connection + " is back"
                            : "the broker at " + connection + " is away: waiting for it");
        }
        away = !reachable;
    }

    private static Path temporaryDirectory() {
        try {
            return Files.createTempDirectory("cdf-watch-");
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot create a temporary directory: " + failure.getMessage(),
                    "make room in the directory for temporary files, or name another with TMPDIR",
                    failure);
        }
    }

    /** Runs one streaming query to its end. */
    private void stream(SparkSession spark, Trigger trigger, int partitions, Path checkpoint) {
        Map<Integer, Long> before = Map.copyOf(nextOffsets);
        ListenerWriter writer = ListenerWriter.to(new ListenerWriter.Target(listener, nextOffsets));
        try {
            StreamingQuery started = source(spark, partitions)
                    .load()
                    .select(ListenerWriter.columns())
                    .writeStream()
                    .outputMode("update")
                    .trigger(trigger)
                    .option("checkpointLocation", checkpoint.toString())
                    .foreach(writer)
                    .start();
            boolean grown = false;
            while (started.isActive() && !grown && !stopped(STOP_CHECK)) {
                grown = checkBroker() && partitions().orElse(partitions) > partitions;
            }
            started.stop();
            if (!stopped() && !grown) {
                StreamingQueryException failure = started.exception().getOrElse(() -> {
                    throw new IllegalStateException("Spark ended its query and does not say why");
                });
                recover(failure, !before.equals(nextOffsets));
            }
        } catch (TimeoutException slow) {
            throw new IllegalStateException("Spark neither starts nor stops its query", slow);
        } finally {
            writer.release();
        }
    }

    private DataStreamReader source(SparkSession spark, int partitions) {
        DataStreamReader reader = spark.readStream()
                .format("kafka")
                .option("subscribe", topic)
                .option("startingOffsets", startingOffsets(partitions));
        Map<String, Object> properties = connection.clientProperties(Map.of());
        properties.putAll(TIMEOUTS);
        properties.keySet().removeAll(RESERVED);
        properties.forEach((name, value) -> reader.option("kafka." + name, value.toString()));
        return reader;
    }

    /** Every partition's next offset, in Spark's JSON: {@code {"topic":{"0":17}}}; -2 is the earliest there is. */
    private String startingOffsets(int partitions) {
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
        noteBroker(topics.reachable());
        nextBrokerCheckNanos = System.nanoTime() + BROKER_CHECK.toNanos();
        return !away;
    }

    /** Lets the query be started again, unless that is of no use. */
    private void recover(StreamingQueryException failure, boolean progressed) {
        boolean excused = away || progressed || !topics.reachable();
        fruitlessAttempts = excused ? 0 : fruitlessAttempts + 1;
        if (fruitlessAttempts == FRUITLESS_ATTEMPTS) {
            throw explain(failure);
        }
    }

    private CdfException explain(StreamingQueryException failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return new CdfException(
                ExitCode.FAILED,
                "the stream of " + topic + " broke: "
                        + String.valueOf(root.getMessage()).lines().findFirst().orElse(""),
                "run it again; --debug shows where this comes from",
                failure);
    }

    private boolean stopped() {
        return stopping.getCount() == 0;
    }

    private boolean stopped(Duration waiting) {
        try {
            return stopping.await(waiting.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
