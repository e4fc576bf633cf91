package cdf.producer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigInteger;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

class PaceTest {
    private static final BigInteger NANOS = BigInteger.valueOf(1_000_000_000);

    @Test
    void dueTimeIsExactForEveryPaceAndHoweverLongTheRun() {
        long seed = 42;
        SplittableRandom random = new SplittableRandom(seed);
        for (int round = 0; round < 100_000; round++) {
            long rate = round < 1_000 ? round + 1 : random.nextLong(1, 1_000_001);
            // A run of up to 290 years, which is where a long of nanoseconds ends.
            long index = random.nextLong(rate * 9_151_488_000L);

            BigInteger exact = BigInteger.valueOf(index).multiply(NANOS).divide(BigInteger.valueOf(rate));

            assertThat(new Pace(rate).dueNanos(index))
                    .as("event %d at %d a second", index, rate)
                    .isEqualTo(exact.longValueExact());
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 1_000, 999_999, 1_000_000})
    void everySecondHasAsManyEventsAsThePaceSays(long rate) {
        Pace pace = new Pace(rate);

        assertThat(pace.dueNanos(0)).isZero();
        assertThat(pace.dueNanos(rate - 1)).isLessThan(1_000_000_000);
        assertThat(pace.dueNanos(rate)).isEqualTo(1_000_000_000);
        assertThat(pace.dueNanos(3_600 * rate)).isEqualTo(3_600_000_000_000L);
    }

    @Test
    void noPaceIsUnlimited() {
        assertThat(new Pace(0).unlimited()).isTrue();
        assertThat(new Pace(1).unlimited()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, 1_000_001, Long.MIN_VALUE, Long.MAX_VALUE})
    void impossiblePaceIsRefused(long rate) {
        assertThatIllegalArgumentException().isThrownBy(() -> new Pace(rate)).withMessageContaining(rate + " is not");
    }
}
