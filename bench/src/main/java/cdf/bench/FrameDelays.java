package cdf.bench;

import java.util.List;

/**
 * How long after they were made a page's frames were read.
 *
 * @param millis a delay for each frame; kept in ascending order
 * @param longestGapMillis the longest time between two frames
 */
record FrameDelays(List<Long> millis, long longestGapMillis) {
    FrameDelays {
        if (millis.isEmpty()) {
            throw new IllegalStateException("an open page was sent nothing");
        }
        millis = millis.stream().sorted().toList();
    }

    int frames() {
        return millis.size();
    }

    double percentile(double quantile) {
        return millis.get(Math.max(0, (int) Math.ceil(quantile * millis.size()) - 1));
    }
}
