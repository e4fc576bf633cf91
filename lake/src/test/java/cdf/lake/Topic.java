package cdf.lake;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

import java.nio.charset.StandardCharsets;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** A topic in memory: it gives records their offsets, and hands them over as a micro-batch. Not thread-safe. */
final class Topic {
    static final String NAME = "users";

    private static final StructType COLUMNS = new StructType()
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.TimestampType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType);

    private final Map<Integer, Long> nextOffsets = new HashMap<>();
    private final List<ConsumerRecord<byte[], byte[]>> waiting = new ArrayList<>();
    private int batches;

    /** Adds a record to a partition: one second younger than the one before. */
    ConsumerRecord<byte[], byte[]> send(int partition, byte @Nullable [] key, byte @Nullable [] value) {
        long offset = nextOffsets.merge(partition, 1L, Long::sum) - 1;
        ConsumerRecord<byte[], byte[]> record = new ConsumerRecord<>(
                NAME,
                partition,
                offset,
                1_000 * offset,
                TimestampType.CREATE_TIME,
                ConsumerRecord.NULL_SIZE,
                ConsumerRecord.NULL_SIZE,
                key,
                value,
                new RecordHeaders(),
                Optional.empty());
        waiting.add(record);
        return record;
    }

    /** Adds an event without a key, in JSON with apostrophes for quotes. */
    void send(int partition, String event) {
        send(partition, null, event.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    /** The records that no batch has taken yet; every second batch is one for tasks. */
    Dataset<Row> batch(SparkSession spark) {
        Dataset<Row> batch = batches++ % 2 == 0 ? batch(spark, waiting) : batchForTasks(spark, waiting);
        waiting.clear();
        return batch;
    }

    /** A micro-batch of records, those of a partition together: few enough to be read in the driver. */
    static Dataset<Row> batch(SparkSession spark, List<ConsumerRecord<byte[], byte[]>> records) {
        return spark.createDataFrame(
                partitions(records).stream().flatMap(List::stream).toList(), COLUMNS);
    }

    /** A micro-batch of records as a job reads it from Kafka: each partition in a task of its own. */
    static Dataset<Row> batchForTasks(SparkSession spark, List<ConsumerRecord<byte[], byte[]>> records) {
        List<List<Row>> tasks = partitions(records);
        return spark.createDataFrame(
                JavaSparkContext.fromSparkContext(spark.sparkContext())
                        .parallelize(tasks, Math.max(1, tasks.size()))
                        .flatMap(List::iterator),
                COLUMNS);
    }

    private static List<List<Row>> partitions(List<ConsumerRecord<byte[], byte[]>> records) {
        Map<Integer, List<Row>> partitions = new TreeMap<>();
        for (ConsumerRecord<byte[], byte[]> record : records) {
            partitions
                    .computeIfAbsent(record.partition(), none -> new ArrayList<>())
                    .add(RowFactory.create(
                            record.partition(),
                            record.offset(),
                            new Timestamp(record.timestamp()),
                            record.key(),
                            record.value()));
        }
        return List.copyOf(partitions.values());
    }
}
