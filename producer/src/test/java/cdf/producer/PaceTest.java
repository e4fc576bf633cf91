package cdf.producer;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.math.BigInteger;
import java.util.List;
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

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 1_000, 999_999, 1_000_000})
    void everyTenSecondsOfBurstsHaveTheirEventsInTheFirstTwo(long rate) {
        Pace pace = new Pace(rate, Profile.BURST);

        for (long period : List.of(0L, 1L, 360L, 10_000_000L)) {
            long first = period * 10 * rate;
            long start = period * 10_000_000_000L;
            assertThat(pace.dueNanos(first)).isEqualTo(start);
            assertThat(pace.dueNanos(first + 5 * rate)).isEqualTo(start + 1_000_000_000);
            assertThat(pace.dueNanos(first + 10 * rate - 1)).isBetween(start + 1_000_000_000, start + 1_999_999_999);
            assertThat(pace.dueNanos(first + 10 * rate)).isEqualTo(start + 10_000_000_000L);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 7, 1_000, 999_999, 1_000_000})
    void everyMinuteOfARampHasItsEventsAQuarterOfThemInItsFirstHalf(long rate) {
        Pace pace = new Pace(rate, Profile.RAMP);

        for (long period : List.of(0L, 1L, 60L, 1_000_000L)) {
            long first = period * 60 * rate;
            long start = period * 60_000_000_000L;
            assertThat(pace.dueNanos(first)).isEqualTo(start);
            assertThat(pace.dueNanos(first + 15 * rate)).isEqualTo(start + 30_000_000_000L);
            assertThat(pace.dueNanos(first + 60 * rate - 1))
                    .isBetween(start + 59_000_000_000L, start + 59_999_999_999L);
            assertThat(pace.dueNanos(first + 60 * rate)).isEqualTo(start + 60_000_000_000L);
        }
    }

    @Test
    void rateOfARampRisesEvenlyToTwiceItsPace() {
        long rate = 1000;
        Pace pace = new Pace(rate, Profile.RAMP);
        long[] eventsOfSecond = new long[60];

        for (long index = 0; index < 60 * rate; index++) {
            eventsOfSecond[(int) (pace.dueNanos(index) / 1_000_000_000)]++;
        }

        for (int second = 0; second < 60; second++) {
            // In the middle of the second: 2 R t / 60 s.
            assertThat(eventsOfSecond[second])
                    .isBetween((2 * second + 1) * rate / 60 - 1, (2 * second + 1) * rate / 60 + 1);
        }
    }

    @ParameterizedTest
    @EnumSource
    void noEventIsDueBeforeTheOneBeforeIt(Profile profile) {
        for (long rate : List.of(1L, 7L, 997L)) {
            Pace pace = new Pace(rate, profile);
            for (long index = 1; index < 200 * rate; index++) {
                assertThat(pace.dueNanos(index)).isGreaterThan(pace.dueNanos(index - 1));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "STEADY")
    void asFastAsPossibleHasNoProfile(Profile profile) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new Pace(0, profile))
                .withMessageContaining("needs a pace, but --events-per-second is 0");
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
