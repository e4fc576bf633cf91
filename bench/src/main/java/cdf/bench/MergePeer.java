package cdf.bench;

import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import io.delta.tables.DeltaTable;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * What most people write to apply changes to a Delta table, and as well as it can be written: {@code foreachBatch} with a
 * MERGE of the last change of each key. Its table has the properties of cdf's; Spark's session and Kafka's client have
 * the settings of cdf's.
 */
final class MergePeer {
    private static final StructType ROW =
            new StructType().add("id", "string").add("name", "string").add("balance", "bigint");
    private static final StructType ENVELOPE =
            new StructType().add("op", DataTypes.StringType).add("before", ROW).add("after", ROW);

    /** Up to so many changes it pays to send all of them to each task, which Spark cannot know by itself. */
    private static final long LARGEST_BROADCAST = 10_000;

    private final Topics topics;
    private final String topic;
    private final Path table;

    MergePeer(Topics topics, String topic, Path table) {
        this.topics = topics;
        this.topic = topic;
        this.table = table;
    }

    /**
     * A micro-batch that is in the table.
     *
     * @param merging how long the function of {@code foreachBatch} took
     * @param sinceLast how long it is since the batch before was in the table; for the first, since the start
     */
    record MergedBatch(Duration merging, Duration sinceLast) {}

    /** Creates the table. */
    void create(SparkSession session) {
        DeltaTable.create(session)
                .location(table.toString())
                .addColumns(ROW)
                .property("delta.enableDeletionVectors", "true")
                .property("delta.enableChangeDataFeed", "true")
                .property("delta.checkpointInterval", "100")
                .property("delta.dataSkippingStatsColumns", "id")
                .execute();
    }

    /**
     * Merges what the topic has.
     *
     * @param from of each partition the offset to begin at; if there is none, all begin where the topic does
     * @param batches how many batches to merge at most; the others are passed over
     * @param listener is called after each, in the thread that merges
     */
    void run(
            SparkSession session,
            Map<Integer, Long> from,
            long maxBatchEvents,
            long batches,
            Consumer<MergedBatch> listener) {
        DataStreamReader source = session.readStream()
                .format("kafka")
                .option("subscribe", topic)
                .option("startingOffsets", startingOffsets(from))
                .option("maxOffsetsPerTrigger", maxBatchEvents);
        topics.connection()
                .clientProperties(KafkaConnection.bulkConsumerDefaults())
                .forEach((name, value) -> source.option("kafka." + name, value.toString()));
        VoidFunction2<Dataset<Row>, Long> merge = new VoidFunction2<>() {
            private long lastNanos = System.nanoTime();

            @Override
            public void call(Dataset<Row> batch, Long number) {
                if (number >= batches) {
                    return;
                }
                long begin = System.nanoTime();
                merge(batch, maxBatchEvents <= LARGEST_BROADCAST);
                long end = System.nanoTime();
                listener.accept(new MergedBatch(Duration.ofNanos(end - begin), Duration.ofNanos(end - lastNanos)));
                lastNanos = end;
            }
        };
        try {
            source.load()
                    .writeStream()
                    .trigger(Trigger.AvailableNow())
                    .option(
                            "checkpointLocation",
                            table.resolveSibling(table.getFileName() + "-checkpoint")
                                    .toString())
                    .foreachBatch(merge)
                    .start()
                    .awaitTermination();
        } catch (StreamingQueryException | TimeoutException failure) {
            throw new IllegalStateException("MERGE failed", failure);
        }
    }

    private void merge(Dataset<Row> batch, boolean small) {
        Dataset<Row> changes = lastChanges(batch);
        DeltaTable.forPath(batch.sparkSession(), table.toString())
                .as("t")
                .merge((small ? functions.broadcast(changes) : changes).as("s"), "t.id = s.id")
                .whenMatched("s.op = 'd'")
                .delete()
                .whenMatched()
                .updateExpr(Map.of("name", "s.name", "balance", "s.balance"))
                .whenNotMatched("s.op <> 'd'")
                .insertExpr(Map.of("id", "s.id", "name", "s.name", "balance", "s.balance"))
                .execute();
    }

    /** The last change of each key. A key has all its changes in one partition, so the offset tells which is the last. */
    static Dataset<Row> lastChanges(Dataset<Row> batch) {
        return batch.select(
                        functions
                                .from_json(functions.col("value").cast("string"), ENVELOPE)
                                .as("event"),
                        functions.col("offset"))
                .selectExpr(
                        "coalesce(event.after.id, event.before.id) AS id",
                        "event.op AS op",
                        "event.after.name AS name",
                        "event.after.balance AS balance",
                        "offset")
                .groupBy("id")
                .agg(functions.expr("max_by(struct(op, name, balance), offset)").as("last"))
                .select("id", "last.*");
    }

    private String startingOffsets(Map<Integer, Long> from) {
        return from.isEmpty()
                ? "earliest"
                : new TreeMap<>(from)
                        .entrySet().stream()
                                .map(next -> "\"" + next.getKey() + "\":" + next.getValue())
                                .collect(Collectors.joining(",", "{\"" + topic + "\":{", "}}"));
    }
}
