package cdf.lake;

import org.apache.spark.sql.SparkSession;

/** Spark inside this process. */
public final class LocalSpark {
    private LocalSpark() {}

    /**
     * Starts a session; the caller stops it.
     *
     * @param taskSlots how many tasks may run at a time: Real-Time Mode holds one for each partition of the topic
     */
    public static SparkSession start(int taskSlots) {
        return SparkSession.builder()
                .appName("cdf")
                .master("local[" + taskSlots + "]")
                .config("spark.driver.host", "localhost")
                .config("spark.driver.bindAddress", "127.0.0.1")
                .config("spark.ui.enabled", false)
                .config("spark.ui.showConsoleProgress", false)
                .config("spark.sql.session.timeZone", "UTC")
                .getOrCreate();
    }
}
