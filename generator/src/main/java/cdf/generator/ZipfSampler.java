package cdf.generator;

/**
 * Draws from 1 to n, where k has a probability in proportion to k<sup>-s</sup>, in constant time however large n is, and
 * n may be another one each time: rejection-inversion (Hörmann and Derflinger, "Rejection-inversion to generate variates
 * from monotone discrete distributions", ACM TOMACS 6(3), 1996).
 *
 * <p>{@link StrictMath} because a seed has to give the same events on every machine. Not thread-safe.
 */
final class ZipfSampler {
    private static final double TAYLOR = 1e-8;

    private final double exponent;
    private final double integralAtFirst;
    /** Where the hat is so tight that nothing is rejected. */
    private final double tight;

    private int lastN;
    private double integralAtLast;

    /** @param exponent above 0 */
    ZipfSampler(double exponent) {
        this.exponent = exponent;
        integralAtFirst = integral(1.5) - 1;
        tight = 2 - inverse(integral(2.5) - density(2));
    }

    int sample(SplitMix64 random, int n) {
        if (n != lastN) {
            lastN = n;
            integralAtLast = integral(n + 0.5);
        }
        while (true) {
            double drawn = integralAtLast + random.fraction() * (integralAtFirst - integralAtLast);
            double inverted = inverse(drawn);
            int k = (int) Math.max(1, Math.min(n, inverted + 0.5));
            if (k - inverted <= tight || drawn >= integral(k + 0.5) - density(k)) {
                return k;
            }
        }
    }

    /** x<sup>-s</sup>. */
    private double density(double x) {
        return StrictMath.exp(-exponent * StrictMath.log(x));
    }

    /** An antiderivative of {@link #density}: (x<sup>1-s</sup> - 1) / (1 - s), or log x if s is 1. */
    private double integral(double x) {
        double log = StrictMath.log(x);
        double scaled = (1 - exponent) * log;
        return log * (Math.abs(scaled) > TAYLOR ? StrictMath.expm1(scaled) / scaled : 1 + scaled / 2);
    }

    /** The inverse function of {@link #integral}. */
    private double inverse(double y) {
        // Below -1 only by rounding: there is no such integral.
        double scaled = Math.max(-1, y * (1 - exponent));
        return StrictMath.exp(y * (Math.abs(scaled) > TAYLOR ? StrictMath.log1p(scaled) / scaled : 1 - scaled / 2));
    }
}
