package cdf.lake;

import java.time.Duration;

/**
 * Files of the table that were merged into one.
 *
 * @param files how many they were
 * @param rows the rows that they still had
 * @param time how long it took
 */
public record CompactedFiles(int files, long rows, Duration time) {}
