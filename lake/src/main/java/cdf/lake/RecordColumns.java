package cdf.lake;

import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

import java.io.Serializable;

/** Where the columns of a Kafka record stand in a row of Spark's Kafka source. */
record RecordColumns(int partition, int offset, int timestamp, int key, int value) implements Serializable {
    static RecordColumns of(StructType record) {
        return new RecordColumns(
                record.fieldIndex("partition"),
                record.fieldIndex("offset"),
                record.fieldIndex("timestamp"),
                record.fieldIndex("key"),
                record.fieldIndex("value"));
    }

    byte @Nullable [] keyOf(InternalRow record) {
        return record.isNullAt(key) ? null : record.getBinary(key);
    }

    byte @Nullable [] valueOf(InternalRow record) {
        return record.isNullAt(value) ? null : record.getBinary(value);
    }
}
