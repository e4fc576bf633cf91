package cdf.generator;

import java.util.ArrayList;
import java.util.List;

/**
 * What a workload is like.
 *
 * @param seed the same seed gives the same changes
 * @param rows the number of live rows that the table grows to and then hovers around
 * @param minValue the lowest balance of a user
 * @param maxValue the highest balance of a user
 * @param skew how unevenly updates and deletes fall on the rows: the row in slot k, from 1, is chosen with a probability
 *     in proportion to k<sup>-skew</sup> (Zipf's law); 0 for all alike
 */
public record WorkloadSettings(long seed, int rows, Mix mix, long minValue, long maxValue, double skew) {
    private static final int MAX_SKEW = 10;

    public WorkloadSettings {
        if (rows < 1 || minValue > maxValue || !isSkew(skew)) {
            throw new IllegalStateException("unchecked settings: " + rows + " rows, values from " + minValue + " to "
                    + maxValue + ", skew " + skew);
        }
    }

    /** Settings where all rows are alike. */
    public WorkloadSettings(long seed, int rows, Mix mix, long minValue, long maxValue) {
        this(seed, rows, mix, minValue, maxValue, 0);
    }

    /** Everything that is wrong with what a user asks for, a sentence each; empty when settings can be made of it. */
    public static List<String> problems(int rows, String mix, long minValue, long maxValue, double skew) {
        List<String> problems = new ArrayList<>();
        if (rows < 1) {
            problems.add("the number of rows is " + rows + ", but a table to change needs at least 1");
        }
        Mix.problem(mix).ifPresent(problems::add);
        if (minValue > maxValue) {
            problems.add("the lowest value " + minValue + " is above the highest value " + maxValue);
        }
        if (!isSkew(skew)) {
            problems.add("the skew " + skew + " is not from 0, for all rows alike, to " + MAX_SKEW);
        }
        return List.copyOf(problems);
    }

    private static boolean isSkew(double skew) {
        return skew >= 0 && skew <= MAX_SKEW;
    }
}
