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
 */
public record WorkloadSettings(long seed, int rows, Mix mix, long minValue, long maxValue) {
    public WorkloadSettings {
        if (rows < 1 || minValue > maxValue) {
            throw new IllegalStateException(
                    "unchecked settings: " + rows + " rows, values from " + minValue + " to " + maxValue);
        }
    }

    /** Everything that is wrong with what a user asks for, a sentence each; empty when settings can be made of it. */
    public static List<String> problems(int rows, String mix, long minValue, long maxValue) {
        List<String> problems = new ArrayList<>();
        if (rows < 1) {
            problems.add("the number of rows is " + rows + ", but a table to change needs at least 1");
        }
        Mix.problem(mix).ifPresent(problems::add);
        if (minValue > maxValue) {
            problems.add("the lowest value " + minValue + " is above the highest value " + maxValue);
        }
        return List.copyOf(problems);
    }
}
