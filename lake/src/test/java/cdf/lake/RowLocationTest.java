package cdf.lake;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RowLocationTest {
    @ParameterizedTest
    @CsvSource({"0, 0, 0", "1, 0, 0", "0, 1, 0", "0, 0, 1", "7, 3, 12345678", "16777215, 4095, 134217727"})
    void packsIntoANumberThatIsNotNegativeAndBack(int file, int partition, int row) {
        long packed = new RowLocation(file, partition, row).packed();

        assertThat(packed).isNotNegative();
        assertThat(RowLocation.file(packed)).isEqualTo(file);
        assertThat(RowLocation.partition(packed)).isEqualTo(partition);
        assertThat(RowLocation.row(packed)).isEqualTo(row);
    }

    @ParameterizedTest
    @CsvSource({"-1, 0, 0", "0, -1, 0", "0, 0, -1", "16777216, 0, 0", "0, 4096, 0", "0, 0, 134217728"})
    void refusesWhatDoesNotFit(int file, int partition, int row) {
        assertThatThrownBy(() -> new RowLocation(file, partition, row)).isInstanceOf(IllegalStateException.class);
    }
}
