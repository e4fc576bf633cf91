package cdf.bench;

import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

import java.util.List;

/** Looks at the tables that were written. */
final class Tables {
    private Tables() {}

    static Dataset<Row> newest(SparkSession session, String table) {
        return session.read().format("delta").load(table);
    }

    static Dataset<Row> version(SparkSession session, String table, long version) {
        return session.read().format("delta").option("versionAsOf", version).load(table);
    }

    /** Makes sure that two tables have the same rows: a benchmark of a wrong result is none. */
    static void requireEqual(Dataset<Row> one, Dataset<Row> other) {
        List<Row> differences = one.withColumn("times", functions.lit(1L))
                .union(other.withColumn("times", functions.lit(-1L)))
                .groupBy("id", "name", "balance")
                .agg(functions.sum("times").as("times"))
                .where("times <> 0")
                .limit(5)
                .collectAsList();
        if (!differences.isEmpty()) {
            throw new IllegalStateException("cdf apply and MERGE made different tables: " + differences);
        }
    }

    static long files(SparkSession session, String table) {
        return DeltaTable.forPath(session, table)
                .detail()
                .select("numFiles")
                .first()
                .getLong(0);
    }
}
