package cdf.bench;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.util.SplittableRandom;

/** The seed of what a program draws. */
final class SeedOption {
    @Option(
            names = "--seed",
            paramLabel = "S",
            description = "The seed of all that is drawn, to repeat a run. Default: another each time.")
    private @Nullable Long seed;

    /** The seed that is given; if none is, a new one with each call. */
    long draw() {
        return seed == null ? new SplittableRandom().nextInt(Integer.MAX_VALUE) : seed;
    }
}
