package cdf.generator;

/**
 * The SplitMix64 random number generator: a counter whose value is mixed (Steele, Lea and Flood, "Fast splittable
 * pseudorandom number generators", OOPSLA 2014).
 *
 * <p>Not one of {@code java.util}'s generators, because those may draw bounded numbers in another way in another JDK,
 * and a seed has to give the same events on all of them. Not thread-safe.
 */
final class SplitMix64 {
    private static final long GOLDEN_GAMMA = 0x9e37_79b9_7f4a_7c15L;

    private long state;

    SplitMix64(long seed) {
        state = seed;
    }

    /** Any of the 2⁶⁴ numbers. */
    long next() {
        state += GOLDEN_GAMMA;
        return mix(state);
    }

    /** A number from 0 to {@code bound - 1}. */
    long below(long bound) {
        return unsignedMultiplyHigh(next(), bound);
    }

    /** A number from {@code min} to {@code max}, which may be as far apart as longs can be. */
    long between(long min, long max) {
        long count = max - min + 1;
        return count == 0 ? next() : min + below(count);
    }

    /** Draws whether something happens that has this probability, 0 to 1; with 0 nothing is drawn. */
    boolean strikes(double probability) {
        return probability > 0 && fraction(next()) < probability;
    }

    /** A number from 0 to below 1. */
    double fraction() {
        return fraction(next());
    }

    /** The upper 53 bits of a random number as a number from 0 to below 1. */
    static double fraction(long number) {
        return (number >>> 11) * 0x1p-53;
    }

    /** Scatters a number over all 64 bits; a bijection, so different numbers stay different. */
    static long mix(long number) {
        long mixed = (number ^ (number >>> 30)) * 0xbf58_476d_1ce4_e5b9L;
        mixed = (mixed ^ (mixed >>> 27)) * 0x94d0_49bb_1331_11ebL;
        return mixed ^ (mixed >>> 31);
    }

    private static long unsignedMultiplyHigh(long a, long b) {
        return Math.multiplyHigh(a, b) + ((a >> 63) & b) + ((b >> 63) & a);
    }
}
