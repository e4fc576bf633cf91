package cdf.lake;

import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.header.internals.RecordHeaders;
import org.apache.kafka.common.record.TimestampType;
import org.apache.spark.Partition;
import org.apache.spark.SparkContext;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.LocalTableScanExec;
import org.apache.spark.sql.execution.datasources.v2.DataSourceRDD;
import org.apache.spark.sql.execution.datasources.v2.DataSourceRDDPartition;
import org.apache.spark.sql.kafka010.KafkaBatchInputPartition;
import org.apache.spark.sql.kafka010.KafkaOffsetRange;
import org.apache.spark.sql.kafka010.consumer.KafkaDataConsumer;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.TaskCompletionListener;
import org.jspecify.annotations.Nullable;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.reflect.ClassTag$;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/** The records of a micro-batch, as Spark's Kafka source gave it, or of rows that look like one. */
final class KafkaBatch {
    /** A batch of so many records or fewer is read in one go: starting tasks and opening files would take longer. */
    private static final long SMALL_RECORDS = 20_000;

    private final Dataset<Row> batch;
    private final RDD<InternalRow> rows;

    /** What each task would read; empty if the rows are not from Kafka alone. */
    private final Optional<List<KafkaBatchInputPartition>> ranges;

    /** The rows, if they are not from anywhere but here. */
    private final Optional<LocalTableScanExec> local;

    private final boolean small;

    KafkaBatch(Dataset<Row> batch) {
        this.batch = batch;
        rows = batch.queryExecution().toRdd();
        ranges = ranges(rows);
        local = batch.queryExecution().executedPlan() instanceof LocalTableScanExec scan
                ? Optional.of(scan)
                : Optional.empty();
        small = local.isPresent() || ranges.filter(KafkaBatch::areFew).isPresent();
    }

    private static boolean areFew(List<KafkaBatchInputPartition> ranges) {
        return ranges.stream().mapToLong(range -> range.offsetRange().size()).sum() <= SMALL_RECORDS;
    }

    /** Whether there are few records, which {@link #forEach} can read then. */
    boolean isSmall() {
        return small;
    }

    /** Reads the records of a small batch here and now, one partition of the topic after the other, in order. */
    void forEach(Consumer<ConsumerRecord<byte[], byte[]>> consumer) {
        if (local.isPresent()) {
            RowReader reader = RowReader.of(batch.schema());
            for (InternalRow row : local.get().executeCollect()) {
                consumer.accept(reader.record(row));
            }
            return;
        }
        for (KafkaBatchInputPartition partition : ranges.orElseThrow()) {
            try (ConsumedRange range = new ConsumedRange(partition)) {
                range.forEachRemaining(consumer);
            }
        }
    }

    /**
     * The records, a partition of the topic whole in one of the RDD, in order. They come from the consumers that Spark's
     * source would read them with: that copies each of them three times on its way to {@code foreachBatch}.
     */
    JavaRDD<ConsumerRecord<byte[], byte[]>> records() {
        if (ranges.isPresent()) {
            return consumed(rows.sparkContext(), ranges.get());
        }
        RowReader reader = RowReader.of(batch.schema());
        return rows.toJavaRDD().map(reader::record);
    }

    /** What each task of Spark's Kafka source would read; empty if the rows are not from there alone. */
    private static Optional<List<KafkaBatchInputPartition>> ranges(RDD<InternalRow> rows) {
        RDD<?> source = rows;
        while (!source.dependencies().isEmpty()) {
            source = source.dependencies().head().rdd();
        }
        if (!(source instanceof DataSourceRDD)) {
            return Optional.empty();
        }
        List<KafkaBatchInputPartition> ranges = new ArrayList<>();
        for (Partition partition : source.partitions()) {
            if (!(partition instanceof DataSourceRDDPartition read)
                    || read.inputPartition().isEmpty()
                    || !(read.inputPartition().get() instanceof KafkaBatchInputPartition range)) {
                return Optional.empty();
            }
            ranges.add(range);
        }
        return Optional.of(ranges);
    }

    private JavaRDD<ConsumerRecord<byte[], byte[]>> consumed(
            SparkContext spark, List<KafkaBatchInputPartition> ranges) {
        List<Tuple2<KafkaBatchInputPartition, Seq<String>>> located = new ArrayList<>();
        for (KafkaBatchInputPartition range : ranges) {
            // The executor that read the partition before has a consumer for it.
            located.add(new Tuple2<>(range, range.offsetRange().preferredLoc().toList()));
        }
        JavaRDD<ConsumerRecord<byte[], byte[]>> consumed = spark.makeRDD(
                        CollectionConverters.asScala(located).toSeq(),
                        ClassTag$.MODULE$.<KafkaBatchInputPartition>apply(KafkaBatchInputPartition.class))
                .toJavaRDD()
                .flatMap(ConsumedRange::of);
        return small ? consumed.coalesce(1) : consumed;
    }

    /** The records of one range of offsets. Its consumer goes back to Spark's pool when it is closed. */
    private static final class ConsumedRange implements Iterator<ConsumerRecord<byte[], byte[]>>, AutoCloseable {
        /** The client waits for records without taking an interruption: so long at a time. */
        private static final long POLL_MILLIS = 5_000;

        private final KafkaDataConsumer consumer;
        private final long untilOffset;
        private final long pollTimeoutMillis;
        private final boolean failOnDataLoss;
        private long nextOffset;
        private @Nullable ConsumerRecord<byte[], byte[]> next;

        private ConsumedRange(KafkaBatchInputPartition partition) {
            KafkaOffsetRange range = partition.offsetRange();
            consumer = KafkaDataConsumer.acquire(range.topicPartition(), partition.executorKafkaParams());
            untilOffset = range.untilOffset();
            pollTimeoutMillis = partition.pollTimeoutMs();
            failOnDataLoss = partition.failOnDataLoss();
            nextOffset = range.fromOffset();
        }

        static Iterator<ConsumerRecord<byte[], byte[]>> of(KafkaBatchInputPartition partition) {
            ConsumedRange range = new ConsumedRange(partition);
            TaskCompletionListener close = task -> range.close();
            TaskContext.get().addTaskCompletionListener(close);
            return range;
        }

        @Override
        public void close() {
            consumer.release();
        }

        @Override
        public boolean hasNext() {
            if (next == null && nextOffset < untilOffset) {
                next = fetch();
                nextOffset = next == null ? untilOffset : next.offset() + 1;
            }
            return next != null;
        }

        /**
         * The next record; null if there is none before the end of the range. Waits as long as Spark would, but lets go
         * when it is interrupted.
         *
         * @throws KafkaException if records are gone: Spark's own exception for it would be taken for a bug of ours
         */
        private @Nullable ConsumerRecord<byte[], byte[]> fetch() {
            @Nullable Long lateSince = null; // The clock is not asked for each record.
            while (true) {
                try {
                    return consumer.get(nextOffset, untilOffset, POLL_MILLIS, failOnDataLoss);
                } catch (IllegalStateException gone) {
                    throw new KafkaException(gone.getMessage(), gone);
                } catch (Exception failure) { // Scala does not declare java.util.concurrent's TimeoutException.
                    boolean late = failure instanceof TimeoutException
                            || failure instanceof org.apache.kafka.common.errors.TimeoutException;
                    long now = System.nanoTime();
                    lateSince = lateSince == null ? now : lateSince;
                    if (!late
                            || TimeUnit.NANOSECONDS.toMillis(now - lateSince) + POLL_MILLIS >= pollTimeoutMillis
                            || Thread.currentThread().isInterrupted()) {
                        throw failure;
                    }
                }
            }
        }

        @Override
        public ConsumerRecord<byte[], byte[]> next() {
            if (!hasNext() || next == null) {
                throw new NoSuchElementException();
            }
            ConsumerRecord<byte[], byte[]> record = next;
            next = null;
            return record;
        }
    }

    /** Reads records from rows: knows where their columns stand. */
    private record RowReader(int partition, int offset, int timestamp, int key, int value) implements Serializable {
        static RowReader of(StructType columns) {
            return new RowReader(
                    columns.fieldIndex("partition"),
                    columns.fieldIndex("offset"),
                    columns.fieldIndex("timestamp"),
                    columns.fieldIndex("key"),
                    columns.fieldIndex("value"));
        }

        ConsumerRecord<byte[], byte[]> record(InternalRow row) {
            byte @Nullable [] keyBytes = row.isNullAt(key) ? null : row.getBinary(key);
            byte @Nullable [] valueBytes = row.isNullAt(value) ? null : row.getBinary(value);
            return new ConsumerRecord<>(
                    "",
                    row.getInt(partition),
                    row.getLong(offset),
                    row.getLong(timestamp) / 1_000,
                    TimestampType.CREATE_TIME,
                    ConsumerRecord.NULL_SIZE,
                    ConsumerRecord.NULL_SIZE,
                    keyBytes,
                    valueBytes,
                    new RecordHeaders(),
                    Optional.empty());
        }
    }
}
