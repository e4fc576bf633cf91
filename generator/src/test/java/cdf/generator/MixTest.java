package cdf.generator;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class MixTest {
    @Test
    void readsCreatesUpdatesAndDeletes() {
        assertThat(Mix.parse("40:35:25")).isEqualTo(new Mix(40, 35, 25)).hasToString("40:35:25");
    }

    @Test
    void allowsLeadingZerosAndWeightsOfZero() {
        assertThat(Mix.parse("0000000000001:0:00")).isEqualTo(new Mix(1, 0, 0));
    }

    @ParameterizedTest
    @CsvSource({
        "40:40, whole numbers",
        "40:40:20:, whole numbers",
        "'', whole numbers",
        "a:b:c, whole numbers",
        "1.5:1:1, whole numbers",
        "٤:٤:٢, whole numbers",
        "40:-40:20, negative",
        "0:0:0, all zero",
        "1:1:1000000000, above 999999999"
    })
    void saysWhatIsWrongAndWithWhat(String text, String problem) {
        assertThat(Mix.problem(text))
                .hasValueSatisfying(
                        message -> assertThat(message).contains(text).contains(problem));
        assertThatThrownBy(() -> Mix.parse(text)).isInstanceOf(IllegalStateException.class);
    }
}
