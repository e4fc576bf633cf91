package cdf.lake;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RowLocationTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "0, 1", "7, 123456789", "16777215, 549755813887"})
    void packsIntoANumberThatIsNotNegativeAndBack(int file, long row) {
        RowLocation location = new RowLocation(file, row);

        long packed = location.packed();

        assertThat(packed).isNotNegative();
        assertThat(RowLocation.of(packed)).isEqualTo(location);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0", "0, -1", "16777216, 0", "0, 549755813888"})
    void refusesWhatDoesNotFit(int file, long row) {
        assertThatThrownBy(() -> new RowLocation(file, row)).isInstanceOf(IllegalStateException.class);
    }
}
