package cdf.lake;

import cdf.change.EventDecoder;
import cdf.change.EventDecoder.Outcome;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;
import org.jspecify.annotations.Nullable;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The one pass over a micro-batch: reads its records, decodes them, keeps the last change of each key and writes the rows
 * that are left. Used for one batch; the tasks report through an accumulator, which Spark counts once for each task that
 * succeeded, because writing the rows is the only stage. A pass in the driver reports as the only task.
 */
final class ChangePass {
    /** How many bytes of rejected events the tasks of a batch may send to the driver, together. */
    private static final long REJECTED_BYTES = 64L << 20;

    private static final long DICTIONARY_BYTES = 128 << 10;

    private final SparkSession spark;
    private final TableSchema schema;
    private final @Nullable SequencePath sequenceBy;
    private final boolean learning;
    private final Map<Integer, Long> from;
    private final Foreknowledge known;
    private final KafkaBatch batch;
    private final CollectionAccumulator<PassReport> reports = new CollectionAccumulator<>();

    /**
     * @param sequenceBy where the number is that orders changes, if the topic does not
     * @param learning whether the table follows the schemas of its events
     * @param batch Kafka records as Spark's source has them, a partition of the topic whole in one of its own
     * @param from the table's positions: records before them are left out
     * @param known what is to be known of the table's rows
     */
    ChangePass(
            SparkSession spark,
            TableSchema schema,
            Optional<SequencePath> sequenceBy,
            boolean learning,
            Dataset<Row> batch,
            Map<Integer, Long> from,
            Foreknowledge known) {
        this.spark = spark;
        this.schema = schema;
        this.sequenceBy = sequenceBy.orElse(null);
        this.learning = learning;
        this.from = new HashMap<>(from);
        this.known = known;
        this.batch = new KafkaBatch(batch);
        spark.sparkContext().register(reports, "cdf-pass");
        // A column with few values fits this; of one with many, less is put into a dictionary in vain.
        spark.conf().set("parquet.dictionary.page.size", DICTIONARY_BYTES);
        if (schema.key().size() == 1) {
            // Each row has another key: a dictionary of them costs time and saves nothing.
            String key = schema.columns().get(schema.key().get(0)).name();
            spark.conf().set("parquet.enable.dictionary#" + key, false);
        }
    }

    /**
     * Writes the new rows into the table: with a job of Spark's or, if the batch is small, in the driver.
     *
     * @return the data file of each task that wrote one
     */
    Map<Integer, AddFile> write(OptimisticTransaction transaction, DriverWriter driver) {
        if (!batch.isSmall() || !driver.canWrite(transaction, columns())) {
            return WrittenFiles.byTask(transaction.writeFiles(rows()));
        }
        PartPass part = task(REJECTED_BYTES).part();
        batch.forEach(part::take);
        reports.add(part.report(0));
        return driver.write(transaction, part.rows())
                .map(file -> Map.of(0, file))
                .orElse(Map.of());
    }

    private Dataset<Row> rows() {
        JavaRDD<ConsumerRecord<byte[], byte[]>> records = batch.records();
        Task task = task(REJECTED_BYTES / Math.max(1, records.getNumPartitions()));
        RDD<InternalRow> rows = records.mapPartitionsWithIndex(task::run, true).rdd();
        return spark.internalCreateDataFrame(rows, columns(), false);
    }

    private StructType columns() {
        return TableColumns.structType(schema, sequenceBy != null);
    }

    private Task task(long rejectedBytes) {
        return new Task(schema, sequenceBy, learning, from, known, rejectedBytes, reports);
    }

    /** What the tasks reported, by task; complete when the rows have been written. */
    List<PassReport> reports() {
        List<PassReport> all = new ArrayList<>(reports.value());
        all.sort(Comparator.comparingInt(PassReport::task));
        return all;
    }

    /** All rejected events of the batch, as {@link DeadLetters#REPORTED} has them: one more pass, on the executors. */
    Dataset<Row> rejected() {
        Task task = task(Long.MAX_VALUE);
        FlatMapFunction<Iterator<ConsumerRecord<byte[], byte[]>>, Row> toRejected = part -> task.rejected(part);
        return spark.createDataFrame(batch.records().mapPartitions(toRejected), DeadLetters.REPORTED);
    }

    /** The values of the key that has a hash, as text: one more pass, on the executors. */
    String keyText(MovedKey moved) {
        Task task = task(0);
        FlatMapFunction<Iterator<ConsumerRecord<byte[], byte[]>>, InternalRow> toRow =
                part -> task.rowOf(part, moved.high(), moved.low());
        Column[] key = schema.key().stream()
                .map(index -> functions
                        .col("`" + schema.columns().get(index).name() + "`")
                        .cast("string"))
                .toArray(Column[]::new);
        Row found = spark.internalCreateDataFrame(
                        batch.records().mapPartitions(toRow).rdd(), TableColumns.structType(schema), false)
                .select(key)
                .first();
        return found.mkString(", ");
    }

    /** What runs on the executors; an Optional cannot be serialized. */
    private record Task(
            TableSchema schema,
            @Nullable SequencePath sequenceBy,
            boolean learning,
            Map<Integer, Long> from,
            Foreknowledge known,
            long rejectedBytes,
            CollectionAccumulator<PassReport> reports)
            implements Serializable {
        PartPass part() {
            return new PartPass(schema, sequenceBy, learning, from, known, rejectedBytes);
        }

        Iterator<Row> rejected(Iterator<ConsumerRecord<byte[], byte[]>> records) {
            PartPass part = part();
            records.forEachRemaining(part::take);
            return part.report(0).rejected().iterator();
        }

        Iterator<InternalRow> rowOf(Iterator<ConsumerRecord<byte[], byte[]>> records, long high, long low) {
            EventDecoder decoder = new EventDecoder(schema);
            while (records.hasNext()) {
                ConsumerRecord<byte[], byte[]> record = records.next();
                Outcome outcome = decoder.decode(record.key(), record.value());
                if ((outcome == Outcome.UPSERT || outcome == Outcome.DELETE)
                        && decoder.keyHigh() == high
                        && decoder.keyLow() == low) {
                    return List.<InternalRow>of(new TableColumns.RowWriter(schema, false).write(decoder.row(), 0))
                            .iterator();
                }
            }
            return Collections.emptyIterator();
        }

        Iterator<InternalRow> run(int number, Iterator<ConsumerRecord<byte[], byte[]>> records) {
            PartPass part = part();
            while (records.hasNext()) {
                part.take(records.next());
            }
            reports.add(part.report(number));
            return part.rows();
        }
    }
}
