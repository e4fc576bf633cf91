package cdf.lake;

import org.apache.spark.sql.classic.SparkSession;

/** Spark as tests of the engine want it, whose tables have a few rows. */
final class SmallTables {
    private SmallTables() {}

    /** Starts Spark so that planning, compiling and scheduling do not take most of the time. */
    static LocalSpark startSpark() {
        LocalSpark local = LocalSpark.startWithDelta();
        SparkSession spark = (SparkSession) local.session();
        spark.conf().set("spark.sql.adaptive.enabled", false);
        spark.conf().set("spark.sql.codegen.wholeStage", false);
        spark.conf().set("spark.sql.codegen.factoryMode", "NO_CODEGEN");
        spark.conf().set("spark.sql.shuffle.partitions", 1);
        spark.conf().set("spark.databricks.delta.snapshotPartitions", 1);
        return local;
    }
}
