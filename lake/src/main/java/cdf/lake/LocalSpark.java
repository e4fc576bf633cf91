package cdf.lake;

import org.apache.spark.sql.SparkSession;

/**
 * This process as the driver of a Spark application; closing it ends the application. Its tasks run in this process, too,
 * unless the system property {@code spark.master} names a cluster, as {@code spark-submit} does: then all settings come
 * from there.
 */
public final class LocalSpark implements AutoCloseable {
    /**
     * How many tasks may run at a time. Real-Time Mode holds one for each partition of the topic, idle as it may be; a
     * slot that nothing uses costs nothing.
     */
    static final int TASK_SLOTS = 256;

    private final SparkSession session;

    private LocalSpark(SparkSession session) {
        this.session = session;
    }

    /** Starts Spark. */
    public static LocalSpark start() {
        return new LocalSpark(settings().getOrCreate());
    }

    /** Starts Spark with what Delta tables need. */
    public static LocalSpark startWithDelta() {
        return new LocalSpark(settings()
                .config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog")
                .getOrCreate());
    }

    private static SparkSession.Builder settings() {
        SparkSession.Builder settings =
                SparkSession.builder().appName("cdf").config("spark.sql.session.timeZone", "UTC");
        return System.getProperty("spark.master") == null ? inThisProcess(settings) : settings;
    }

    private static SparkSession.Builder inThisProcess(SparkSession.Builder settings) {
        int cores = Runtime.getRuntime().availableProcessors();
        return settings.master("local[" + TASK_SLOTS + "]")
                .config("spark.default.parallelism", cores)
                .config("spark.sql.shuffle.partitions", cores)
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", false)
                .config("spark.ui.showConsoleProgress", false)
                .config("spark.hadoop.fs.file.impl", LocalFiles.class.getName())
                .config("spark.hadoop.fs.AbstractFileSystem.file.impl", LocalFilesContext.class.getName())
                // The state of one table's log, for a machine of a few cores: fifty tasks would be far too many.
                .config("spark.databricks.delta.snapshotPartitions", cores);
    }

    /** The session, until {@link #close()}. */
    public SparkSession session() {
        return session;
    }

    @Override
    public void close() {
        session.stop();
    }
}
