package cdf.lake;

import org.apache.spark.Partition;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.execution.datasources.v2.DataSourceRDDPartition;
import org.apache.spark.sql.kafka010.KafkaBatchInputPartition;

/** What a micro-batch is going to read, without reading it. */
final class KafkaRanges {
    private KafkaRanges() {}

    /** How many records a micro-batch has at most; {@link Long#MAX_VALUE} if it does not come from Spark's Kafka source. */
    static long records(JavaRDD<?> batch) {
        RDD<?> source = batch.rdd();
        while (!source.dependencies().isEmpty()) {
            source = source.dependencies().head().rdd();
        }
        long records = 0;
        for (Partition partition : source.partitions()) {
            if (partition instanceof DataSourceRDDPartition read
                    && read.inputPartition().isDefined()
                    && read.inputPartition().get() instanceof KafkaBatchInputPartition range) {
                records += range.offsetRange().size();
            } else {
                return Long.MAX_VALUE;
            }
        }
        return records;
    }
}
