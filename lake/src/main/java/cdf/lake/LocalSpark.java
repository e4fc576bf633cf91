package cdf.lake;

import org.apache.spark.sql.SparkSession;

/**
 * This process as the driver of a Spark application; closing it ends the application. Its tasks run in this process, too,
 * unless the system property {@code spark.master} names a cluster, as {@code spark-submit} does: then all settings come
 * from there.
 */
public final class LocalSpark implements AutoCloseable {
    /**
     * How many tasks may run at a time where a topic is watched. Real-Time Mode holds one for each partition of the topic,
     * idle as it may be; a slot that nothing uses costs nothing.
     */
    static final int TASK_SLOTS = 256;

    /** For a small job, such as a commit's, beside a long one, such as a checkpoint's. */
    private static final int SPARE_SLOTS = 2;

    private static final int CORES = Runtime.getRuntime().availableProcessors();

    private final SparkSession session;

    private LocalSpark(SparkSession session) {
        this.session = session;
    }

    /** Starts Spark to watch topics. */
    public static LocalSpark start() {
        return new LocalSpark(settings(TASK_SLOTS).getOrCreate());
    }

    /** Starts Spark for Delta tables: about one task a core, since each keeps one busy. */
    public static LocalSpark startWithDelta() {
        return new LocalSpark(withDelta(settings(CORES + SPARE_SLOTS)).getOrCreate());
    }

    /** Starts Spark for Delta tables and to watch topics as well. */
    public static LocalSpark startForAll() {
        return new LocalSpark(withDelta(settings(TASK_SLOTS)).getOrCreate());
    }

    private static SparkSession.Builder withDelta(SparkSession.Builder settings) {
        return settings.config("spark.sql.extensions", "io.delta.sql.DeltaSparkSessionExtension")
                .config("spark.sql.catalog.spark_catalog", "org.apache.spark.sql.delta.catalog.DeltaCatalog");
    }

    private static SparkSession.Builder settings(int taskSlots) {
        SparkSession.Builder settings =
                SparkSession.builder().appName("cdf").config("spark.sql.session.timeZone", "UTC");
        return System.getProperty("spark.master") == null ? inThisProcess(settings, taskSlots) : settings;
    }

    private static SparkSession.Builder inThisProcess(SparkSession.Builder settings, int taskSlots) {
        return settings.master("local[" + taskSlots + "]")
                .config("spark.default.parallelism", CORES)
                .config("spark.sql.shuffle.partitions", CORES)
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                // Tables that are applied side by side take turns, each with a pool of its own.
                .config("spark.scheduler.mode", "FAIR")
                .config("spark.ui.enabled", false)
                .config("spark.ui.showConsoleProgress", false)
                .config("spark.hadoop.fs.file.impl", LocalFiles.class.getName())
                .config("spark.hadoop.fs.AbstractFileSystem.file.impl", LocalFilesContext.class.getName())
                .config("spark.delta.logStore.file.impl", LocalLogStore.class.getName())
                // The state of one table's log, for a machine of a few cores: fifty tasks would be far too many.
                .config("spark.databricks.delta.snapshotPartitions", CORES);
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
