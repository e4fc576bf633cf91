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
    /** Real-Time Mode pauses at the end of a batch to write its checkpoint, which we do not need: so, seldom. */
    private static final Duration BATCH = Duration.ofMinutes(1);

    /** Besides the tasks that hold a partition each, for those of other jobs. */
    private static final int SPARE_TASK_SLOTS = 2;

    private static final Duration STOP_CHECK = Duration.ofMillis(20);
    /** A broker that just came back may refuse once; one that refuses so often without progress has a reason. */
    private static final int FUTILE_ATTEMPTS = 3;

    /** What Spark's Kafka source decides itself, and refuses to be told. */
    private static final Set<String> SPARKS_OWN = Set.of(
            "auto.offset.reset", "enable.auto.commit", "interceptor.classes", "key.deserializer", "value.deserializer");

    private static final Duration RETRY = Duration.ofMillis(500);

    private final Topics topics;
    private final KafkaConnection connection;
    private final String topic;
    private final WatchListener listener;
    private final Map<Integer, Long> nextOffsets = new ConcurrentHashMap<>();
    private final CountDownLatch stopping = new CountDownLatch(1);

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
            int failures = 0;
            for (int attempt = 0; !stopped(); attempt++) {
                Map<Integer, Long> before = Map.copyOf(nextOffsets);
                try {
                    if (awaitTopic()) {
                        stream(interpreting, trigger, checkpoints.resolve(Integer.toString(attempt)));
                    }
                } catch (CdfException failure) {
                    failures = before.equals(nextOffsets) ? failures + 1 : 1;
                    recover(failure, failures);
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

    private boolean awaitTopic() {
        OptionalInt partitions = topics.partitions(topic);
        if (partitions.isEmpty()) {
            listener.onNotice("waiting for the topic " + topic + ", which does not exist yet");
        }
        while (partitions.isEmpty() && !stopped(RETRY)) {
            partitions = topics.partitions(topic);
        }
        if (partitions.orElse(0) + SPARE_TASK_SLOTS > LocalSpark.TASK_SLOTS) {
            throw new CdfException(
                    ExitCode.FAILED,
                    topic + " has " + partitions.getAsInt() + " partitions, but at most "
                            + (LocalSpark.TASK_SLOTS - SPARE_TASK_SLOTS) + " can be watched at a time",
                    "watch a topic with fewer partitions");
        }
        return partitions.isPresent();
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
    private void stream(SparkSession spark, Trigger trigger, Path checkpoint) {
        ListenerWriter writer = ListenerWriter.to(new ListenerWriter.Target(listener, nextOffsets));
        try {
            StreamingQuery started = source(spark)
                    .load()
                    .select(ListenerWriter.columns())
                    .writeStream()
                    .outputMode("update")
                    .trigger(trigger)
                    .option("checkpointLocation", checkpoint.toString())
                    .foreach(writer)
                    .start();
            while (started.isActive() && !stopped(STOP_CHECK)) {}
            started.stop();
            if (!stopped()) {
                StreamingQueryException failure = started.exception().getOrElse(() -> {
                    throw new IllegalStateException("Spark ended its query and does not say why");
                });
                throw explain(failure);
            }
        } catch (TimeoutException slow) {
            throw new IllegalStateException("Spark neither starts nor stops its query", slow);
        } finally {
            writer.release();
        }
    }

    private DataStreamReader source(SparkSession spark) {
        DataStreamReader reader = spark.readStream()
                .format("kafka")
                .option("kafka.bootstrap.servers", connection.bootstrapServers())
                .option("subscribe", topic)
                .option("startingOffsets", startingOffsets());
        connection.properties().forEach((name, value) -> {
            if (!SPARKS_OWN.contains(name)) {
                reader.option("kafka." + name, value);
            }
        });
        return reader;
    }

    /** Every partition's next offset, in Spark's JSON: {@code {"topic":{"0":17}}}; -2 is the earliest there is. */
    private String startingOffsets() {
        if (nextOffsets.isEmpty()) {
            return "earliest";
        }
        StringBuilder offsets = new StringBuilder("{\"" + topic + "\":{");
        int partitions = topics.partitions(topic).orElse(nextOffsets.size());
        for (int partition = 0; partition < partitions; partition++) {
            offsets.append(partition == 0 ? "\"" : ",\"").append(partition).append("\":");
            offsets.append(nextOffsets.getOrDefault(partition, -2L));
        }
        return offsets.append("}}").toString();
    }

    /** Waits for a broker that is away; a failure that repeats without progress while the broker is there is final. */
    private void recover(CdfException failure, int failures) {
        if (topics.reachable()) {
            if (failures == FUTILE_ATTEMPTS) {
                throw failure;
            }
            return;
        }
        listener.onNotice("the broker at " + connection + " is away: waiting for it");
        while (!stopped(RETRY)) {
            if (topics.reachable()) {
                listener.onNotice("the broker at " + connection + " is back");
                return;
            }
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
