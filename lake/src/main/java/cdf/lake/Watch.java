package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
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

    private final TopicStream stream;
    private final String topic;
    private final WatchListener listener;
    private final Map<Integer, Long> nextOffsets = new ConcurrentHashMap<>();

    /**
     * Prepares to watch.
     *
     * @param startingOffsets where to begin in each partition; one that is not named is read from its beginning
     */
    public Watch(Topics topics, String topic, Map<Integer, Long> startingOffsets, WatchListener listener) {
        this.stream = new TopicStream(topics, topic, listener::onNotice);
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
        ListenerWriter writer = ListenerWriter.to(new ListenerWriter.Target(listener, nextOffsets));
        try {
            stream.run(interpreting(spark), new ReportingQuery(writer, trigger), Map.of(), Optional.empty());
        } finally {
            writer.release();
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
        stream.stop();
    }

    private CdfException tooManyPartitions(int partitions) {
        return new CdfException(
                ExitCode.FAILED,
                topic + " has " + partitions + " partitions, but at most " + (LocalSpark.TASK_SLOTS - SPARE_TASK_SLOTS)
                        + " can be watched at a time",
                "watch a topic with fewer partitions");
    }

    private final class ReportingQuery implements TopicStream.Query {
        private final ListenerWriter writer;
        private final Trigger trigger;

        ReportingQuery(ListenerWriter writer, Trigger trigger) {
            this.writer = writer;
            this.trigger = trigger;
        }

        @Override
        public Map<Integer, Long> nextOffsets() {
            return Map.copyOf(nextOffsets);
        }

        @Override
        public void check(TopicContents contents) {
            int partitions = contents.endOffsets().size();
            if (partitions + SPARE_TASK_SLOTS > LocalSpark.TASK_SLOTS) {
                throw tooManyPartitions(partitions);
            }
        }

        @Override
        public StreamingQuery start(DataStreamReader source, String checkpoint) throws TimeoutException {
            return source.load()
                    .select(ListenerWriter.columns())
                    .writeStream()
                    .outputMode("update")
                    .trigger(trigger)
                    .option("checkpointLocation", checkpoint)
                    .foreach(writer)
                    .start();
        }
    }
}
