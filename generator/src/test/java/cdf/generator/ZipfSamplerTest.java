package cdf.generator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class ZipfSamplerTest {
    private static final int DRAWS = 1_000_000;

    @ParameterizedTest
    @CsvSource({"0.1, 20", "0.5, 50", "0.99, 100", "1, 7", "1, 1000", "1.000000001, 100", "1.5, 30", "3, 5", "10, 2"})
    void everyNumberIsDrawnAsOftenAsZipfsLawSays(double exponent, int n) {
        ZipfSampler sampler = new ZipfSampler(exponent);
        SplitMix64 random = new SplitMix64(42);
        long[] counts = new long[n + 1];

        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.sample(random, n)]++;
        }

        // Pearson's test: the sum has a mean of n - 1 and a variance of 2(n - 1); six standard deviations are no
        // chance.
        assertThat(chiSquare(counts, exponent)).isLessThan(n - 1 + 6 * Math.sqrt(2.0 * (n - 1)) + 10);
    }

    @Test
    void testWouldNoticeAnotherExponent() {
        ZipfSampler sampler = new ZipfSampler(1.02);
        SplitMix64 random = new SplitMix64(42);
        long[] counts = new long[101];

        for (int i = 0; i < DRAWS; i++) {
            counts[sampler.sample(random, 100)]++;
        }

        assertThat(chiSquare(counts, 1)).isGreaterThan(99 + 6 * Math.sqrt(2.0 * 99) + 10);
    }

    @Test
    void numberOfChoicesMayBeAnotherEachTime() {
        ZipfSampler alternating = new ZipfSampler(0.99);
        ZipfSampler small = new ZipfSampler(0.99);
        ZipfSampler large = new ZipfSampler(0.99);
        SplitMix64 random = new SplitMix64(7);
        SplitMix64 same = new SplitMix64(7);

        for (int i = 0; i < 1000; i++) {
            assertThat(alternating.sample(random, 10)).isEqualTo(small.sample(same, 10));
            assertThat(alternating.sample(random, 1_000_000)).isEqualTo(large.sample(same, 1_000_000));
        }
    }

    @ParameterizedTest
    @CsvSource({"0.000001, 2147483647", "0.99, 2147483647", "10, 2147483647", "0.99, 1", "10, 1"})
    void nothingElseIsDrawnHoweverFewOrMany(double exponent, int n) {
        ZipfSampler sampler = new ZipfSampler(exponent);
        SplitMix64 random = new SplitMix64(7);

        for (int i = 0; i < 10_000; i++) {
            assertThat(sampler.sample(random, n)).isBetween(1, n);
        }
    }

    private static double chiSquare(long[] counts, double exponent) {
        double parts = 0;
        for (int k = 1; k < counts.length; k++) {
            parts += Math.pow(k, -exponent);
        }
        double sum = 0;
        for (int k = 1; k < counts.length; k++) {
            double expected = DRAWS * Math.pow(k, -exponent) / parts;
            sum += (counts[k] - expected) * (counts[k] - expected) / expected;
        }
        return sum;
    }
}
