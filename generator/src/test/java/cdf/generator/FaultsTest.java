package cdf.generator;

import org.junit.jupiter.api.Test;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class FaultsTest {
    @Test
    void everyRateThatIsNoneIsNamedWithItsOption() {
        Faults faults = new Faults(Map.of(
                Fault.LATE_DUPLICATE,
                -0.1,
                Fault.UPDATE_WITHOUT_BEFORE,
                1.1,
                Fault.UNUSUAL_KEY,
                Double.NaN,
                Fault.MALFORMED,
                1.0));

        assertThat(faults.problems())
                .containsExactly(
                        "--late-duplicates: -0.1 is not from 0 to 1",
                        "--updates-without-before: 1.1 is not from 0 to 1",
                        "--unusual-keys: NaN is not from 0 to 1");
    }

    @Test
    void rateOfZeroIsNoFault() {
        assertThat(new Faults(Map.of(Fault.DUPLICATE, 0.0))).isEqualTo(Faults.NONE);
        assertThat(Faults.NONE.none()).isTrue();
        assertThat(Faults.NONE.rate(Fault.DUPLICATE)).isZero();
    }
}
