package cdf.lake;

import java.io.Serializable;

/**
 * A key whose changes came from two partitions of the topic.
 *
 * @param high the upper word of the key's hash
 * @param low the lower word
 * @param from the partition of the earlier change
 * @param to the partition of the later one
 */
record MovedKey(long high, long low, int from, int to) implements Serializable {}
