package cdf.generator;

import java.util.Optional;

/** How often rows are created, updated and deleted, as weights: 40:40:20 means the same as 2:2:1. */
public record Mix(int creates, int updates, int deletes) {
    public static final Mix DEFAULT = new Mix(40, 40, 20);

    public Mix {
        if (creates < 0 || updates < 0 || deletes < 0 || (creates | updates | deletes) == 0) {
            throw new IllegalStateException("no mix: " + creates + ":" + updates + ":" + deletes);
        }
    }

    /** What is wrong with a text that should be a mix, in one sentence; empty when {@link #parse} reads it. */
    public static Optional<String> problem(String text) {
        if (!text.matches("-?[0-9]+:-?[0-9]+:-?[0-9]+")) {
            return Optional.of(
                    "the mix \"" + text + "\" is not CREATES:UPDATES:DELETES in whole numbers, such as " + DEFAULT);
        }
        if (text.contains("-")) {
            return Optional.of("the mix " + text + " has a negative weight");
        }
        if (text.matches("0+:0+:0+")) {
            return Optional.of("the mix " + text + " is all zero, so there is no change to make");
        }
        if (!text.matches("0*[0-9]{1,9}:0*[0-9]{1,9}:0*[0-9]{1,9}")) {
            return Optional.of("the mix " + text + " has a weight above 999999999");
        }
        return Optional.empty();
    }

    /** Reads a mix that has no {@link #problem}, such as {@code 40:40:20}. */
    public static Mix parse(String text) {
        problem(text).ifPresent(problem -> {
            throw new IllegalStateException("unchecked setting: " + problem);
        });
        String[] weights = text.split(":", -1);
        return new Mix(Integer.parseInt(weights[0]), Integer.parseInt(weights[1]), Integer.parseInt(weights[2]));
    }

    /** Whether a table with this mix grows by itself. */
    boolean grows() {
        return creates > deletes;
    }

    long total() {
        return (long) creates + updates + deletes;
    }

    /** The text that {@link #parse} reads. */
    @Override
    public String toString() {
        return creates + ":" + updates + ":" + deletes;
    }
}
