package cdf.bench;

import java.util.Arrays;

/**
 * How long after they were made a page's frames were read.
 *
 * @param millis a delay for each frame, in ascending order
 * @param longestGapMillis the longest time between two frames
 */
record FrameDelays(long[] millis, long longestGapMillis) {
    FrameDelays {
        if (millis.length == 0) {
            throw new IllegalStateException("an open page was sent nothing");
        }
        millis = millis.clone();
        Arrays.sort(millis);
    }

    int frames() {
        return millis.length;
    }

    double percentile(double quantile) {
        return millis[Math.max(0, (int) Math.ceil(quantile * millis.length) - 1)];
    }
}
