package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import io.delta.exceptions.DeltaConcurrentModificationException;
import io.delta.tables.DeltaTable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.types.StructType;

/** Creates the Delta tables that changes are applied to, or checks the ones that exist. */
final class ChangeTables {
    private ChangeTables() {}

    /**
     * Opens a table; creates it when there is none, with deletion vectors and the change data feed on.
     *
     * @throws CdfException if there is one with other columns, or without what the engine needs
     */
    static DeltaLog open(SparkSession spark, Path path, TableSchema schema) {
        StructType columns = TableColumns.structType(schema);
        DeltaLog log = DeltaLog.forTable(spark, path);
        if (!log.tableExists()) {
            create(spark, path, columns, schema);
            log.update(false, scala.Option.empty(), scala.Option.empty());
        }
        StructType existing = log.unsafeVolatileSnapshot().schema();
        if (!existing.sql().equals(columns.sql())) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + path + " has other columns: " + existing.toDDL() + ", not " + columns.toDDL(),
                    "give its own columns with --schema, or another directory with --table");
        }
        return log;
    }

    private static void create(SparkSession spark, Path path, StructType columns, TableSchema schema) {
        try {
            DeltaTable.createIfNotExists(spark)
                    .location(path.toString())
                    .addColumns(columns)
                    .property("delta.enableDeletionVectors", "true")
                    .property("delta.enableChangeDataFeed", "true")
                    // A checkpoint costs time in proportion to the table's files: one for every hundred commits.
                    .property("delta.checkpointInterval", "100")
                    .property("delta.dataSkippingStatsColumns", quotedKey(schema))
                    .execute();
        } catch (DeltaConcurrentModificationException existsNow) {
            // Somebody else was quicker: what matters is the table, which is looked at next.
        }
    }

    private static String quotedKey(TableSchema schema) {
        return schema.key().stream()
                .map(index -> "`" + schema.columns().get(index).name() + "`")
                .collect(java.util.stream.Collectors.joining(","));
    }
}
