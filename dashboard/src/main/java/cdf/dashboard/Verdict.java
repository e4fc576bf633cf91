package cdf.dashboard;

import java.time.Duration;

/**
 * What a verification came to.
 *
 * @param verified whether the table is what the topic adds up to
 * @param rows how many rows were compared
 * @param differences how many rows differ
 * @param message one line for people
 */
public record Verdict(boolean verified, long rows, Duration time, long differences, String message) {}
