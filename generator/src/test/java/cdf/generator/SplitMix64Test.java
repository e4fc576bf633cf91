package cdf.generator;

import org.junit.jupiter.api.Test;

import java.util.stream.LongStream;

import static org.assertj.core.api.Assertions.assertThat;

class SplitMix64Test {
    private final SplitMix64 random = new SplitMix64(1234567);

    /** The figures are those of the algorithm's reference implementation in C. */
    @Test
    void drawsWhatTheReferenceImplementationDraws() {
        assertThat(random.next()).isEqualTo(6457827717110365317L);
        assertThat(random.next()).isEqualTo(3203168211198807973L);
        assertThat(random.next()).isEqualTo(Long.parseUnsignedLong("9817491932198370423"));
    }

    @Test
    void drawsEveryNumberBelowABoundAndNoOther() {
        assertThat(LongStream.generate(() -> random.below(4)).limit(1000).distinct())
                .containsExactlyInAnyOrder(0L, 1L, 2L, 3L);
    }

    @Test
    void drawsFromBothHalvesOfARangeThatIsWiderThanALong() {
        assertThat(LongStream.generate(() -> random.between(Long.MIN_VALUE, Long.MAX_VALUE - 1))
                        .limit(1000))
                .anyMatch(number -> number > Long.MAX_VALUE / 2)
                .anyMatch(number -> number < Long.MIN_VALUE / 2);
    }

    @Test
    void drawsTheOneNumberOfARangeOfOne() {
        assertThat(random.between(Long.MIN_VALUE, Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(random.between(Long.MAX_VALUE, Long.MAX_VALUE)).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void strikesAsOftenAsItsProbabilitySays() {
        assertThat(LongStream.range(0, 100_000).filter(draw -> random.strikes(0.3)))
                .hasSizeBetween(29_000, 31_000);
        assertThat(LongStream.range(0, 1000).filter(draw -> random.strikes(0))).isEmpty();
        assertThat(LongStream.range(0, 1000).filter(draw -> random.strikes(1))).hasSize(1000);
    }
}
