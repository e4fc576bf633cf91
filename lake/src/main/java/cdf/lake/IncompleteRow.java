package cdf.lake;

import java.util.BitSet;

/**
 * A row that a batch wrote without values that its update left as they were.
 *
 * @param high the key's hash, upper word
 * @param low the key's hash, lower word
 * @param partition the topic partition that the update came from
 * @param file the number of the data file that it was written into
 * @param row its number in there
 * @param earlier where the row of the key lies that has the values, {@linkplain RowLocation packed}
 * @param missing the columns that it lacks
 */
record IncompleteRow(long high, long low, int partition, int file, int row, long earlier, BitSet missing) {}
