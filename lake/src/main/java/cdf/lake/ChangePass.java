package cdf.lake;

import cdf.change.TableSchema;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.util.CollectionAccumulator;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * The one pass over a micro-batch: reads its records, decodes them, keeps the last change of each key and gives the rows
 * to write. Used for one batch; the tasks report through an accumulator, which Spark counts once for each task that
 * succeeded, because writing the rows is the only stage.
 */
final class ChangePass {
    /** The columns of a batch, in this order. */
    static final String[] COLUMNS = {"partition", "offset", "timestamp", "key", "value"};

    /** How many bytes of rejected events the tasks of a batch may send to the driver, together. */
    private static final long REJECTED_BYTES = 64L << 20;

    private final SparkSession spark;
    private final TableSchema schema;
    private final Map<Integer, Long> from;
    private final CollectionAccumulator<PassReport> reports = new CollectionAccumulator<>();

    /** @param from the table's positions: records before them are left out */
    ChangePass(SparkSession spark, TableSchema schema, Map<Integer, Long> from) {
        this.spark = spark;
        this.schema = schema;
        this.from = new HashMap<>(from);
        spark.sparkContext().register(reports, "cdf-pass");
    }

    /** The rows to write for a batch. */
    Dataset<Row> over(Dataset<Row> batch) {
        RDD<InternalRow> records = records(batch);
        int tasks = Math.max(1, records.getNumPartitions());
        Task task = new Task(schema, from, REJECTED_BYTES / tasks, reports);
        RDD<InternalRow> rows = records.toJavaRDD()
                .mapPartitionsWithIndex((number, part) -> task.run(number, part), true)
                .rdd();
        return spark.internalCreateDataFrame(rows, TableColumns.structType(schema), false);
    }

    /** What the tasks reported, by task; complete when the rows have been written. */
    List<PassReport> reports() {
        List<PassReport> all = new ArrayList<>(reports.value());
        all.sort(Comparator.comparingInt(PassReport::task));
        return all;
    }

    /** All rejected events of a batch, as {@link DeadLetters#REPORTED} has them: one more pass, on the executors. */
    Dataset<Row> rejected(Dataset<Row> batch) {
        TableSchema columns = schema;
        Map<Integer, Long> positions = from;
        FlatMapFunction<Iterator<InternalRow>, Row> toRejected = records -> {
            PartPass part = new PartPass(columns, positions, Long.MAX_VALUE);
            records.forEachRemaining(part::take);
            return part.report(0).rejected().iterator();
        };
        return spark.createDataFrame(records(batch).toJavaRDD().mapPartitions(toRejected), DeadLetters.REPORTED);
    }

    private static RDD<InternalRow> records(Dataset<Row> batch) {
        return batch.select("partition", "offset", "timestamp", "key", "value")
                .queryExecution()
                .toRdd();
    }

    /** What runs on the executors. */
    private record Task(
            TableSchema schema, Map<Integer, Long> from, long rejectedBytes, CollectionAccumulator<PassReport> reports)
            implements Serializable {
        Iterator<InternalRow> run(int number, Iterator<InternalRow> records) {
            PartPass part = new PartPass(schema, from, rejectedBytes);
            while (records.hasNext()) {
                part.take(records.next());
            }
            reports.add(part.report(number));
            return part.rows();
        }
    }
}
