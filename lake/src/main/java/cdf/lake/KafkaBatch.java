package cdf.lake;

import org.apache.spark.Partition;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.execution.datasources.v2.DataSourceRDD;
import org.apache.spark.sql.execution.datasources.v2.DataSourceRDDPartition;
import org.apache.spark.sql.kafka010.KafkaBatchInputPartition;

/** The records of a micro-batch that is nothing but what Spark's Kafka source gave. */
final class KafkaBatch {
    /** A batch of so many records or fewer is read by one task: starting tasks and opening files would take longer. */
    private static final long ONE_TASK_RECORDS = 20_000;

    private KafkaBatch() {}

    /**
     * The records, a partition of the topic whole in one of the RDD. They come from where the source has them: Spark copies
     * each of them twice on its way to {@code foreachBatch}.
     */
    static JavaRDD<InternalRow> records(Dataset<Row> batch) {
        RDD<InternalRow> copied = batch.queryExecution().toRdd();
        RDD<?> source = copied;
        while (!source.dependencies().isEmpty()) {
            source = source.dependencies().head().rdd();
        }
        if (!(source instanceof DataSourceRDD fromSource)) {
            return copied.toJavaRDD();
        }
        long records = 0;
        for (Partition partition : source.partitions()) {
            if (!(partition instanceof DataSourceRDDPartition read)
                    || read.inputPartition().isEmpty()
                    || !(read.inputPartition().get() instanceof KafkaBatchInputPartition range)) {
                return copied.toJavaRDD();
            }
            records += range.offsetRange().size();
        }
        JavaRDD<InternalRow> direct = fromSource.toJavaRDD();
        return records <= ONE_TASK_RECORDS ? direct.coalesce(1) : direct;
    }
}
