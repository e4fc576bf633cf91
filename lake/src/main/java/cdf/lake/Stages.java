package cdf.lake;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** How long each stage of something took; the stages follow each other. */
final class Stages {
    private final Map<String, Duration> times = new LinkedHashMap<>();
    private long beginNanos = System.nanoTime();

    /** Ends a stage that began when the one before it ended. */
    void end(String stage) {
        long now = System.nanoTime();
        times.merge(stage, Duration.ofNanos(now - beginNanos), Duration::plus);
        beginNanos = now;
    }

    Map<String, Duration> times() {
        return times;
    }
}
