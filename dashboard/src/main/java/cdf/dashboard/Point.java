package cdf.dashboard;

/**
 * The pipeline in one second, for the charts; NaN is for what nobody knows.
 *
 * @param topicPerSecond events that came into the topic
 * @param tablePerSecond events that the table took in
 * @param lagEvents how many events of the topic are not in the table
 * @param lagMillis how long ago the oldest of them was sent
 */
record Point(
        long atMillis,
        double topicPerSecond,
        double tablePerSecond,
        Latencies.Percentiles latency,
        double lagEvents,
        double lagMillis) {}
