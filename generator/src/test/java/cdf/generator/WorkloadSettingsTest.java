package cdf.generator;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class WorkloadSettingsTest {
    @Test
    void namesEveryProblemAtOnce() {
        assertThat(WorkloadSettings.problems(0, "40:40", 10, 5, Double.NaN))
                .satisfiesExactly(
                        rows -> assertThat(rows).contains("rows is 0"),
                        mix -> assertThat(mix).contains("\"40:40\""),
                        values -> assertThat(values).contains("10").contains("5"),
                        skew -> assertThat(skew).contains("skew NaN"));
    }

    @Test
    void findsNothingWrongWithTheWidestRange() {
        assertThat(WorkloadSettings.problems(1, "0:0:1", Long.MIN_VALUE, Long.MAX_VALUE, 10))
                .isEmpty();
    }

    @Test
    void cannotBeMadeOfWhatHasProblems() {
        assertThatThrownBy(() -> new WorkloadSettings(1, 0, Mix.DEFAULT, 0, 1))
                .isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> new WorkloadSettings(1, 1, Mix.DEFAULT, 1, 0))
                .isInstanceOf(IllegalStateException.class);
    }
}
