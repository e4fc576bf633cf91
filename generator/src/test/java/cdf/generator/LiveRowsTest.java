package cdf.generator;

import com.sun.management.ThreadMXBean;
import org.junit.jupiter.api.Test;

import java.lang.management.ManagementFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LiveRowsTest {
    private static final int BYTES_PER_ROW = 64;
    private static final int FIRST_PAGE_ROWS = 1024;

    private final LiveRows rows = new LiveRows();

    /** All that was ever allocated bounds the peak from above, whatever the garbage collector does. */
    @Test
    void allThatIsAllocatedWhileAMillionRowsAreAddedIsAtMost64BytesARow() {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long start = threads.getCurrentThreadAllocatedBytes();
        for (int row = 0; row < 1_000_000; row++) {
            rows.add(row, 1, 1);
            if (row % FIRST_PAGE_ROWS == 0) {
                long allocated = threads.getCurrentThreadAllocatedBytes() - start;
                long allowed = (long) BYTES_PER_ROW * (row + FIRST_PAGE_ROWS);
                assertThat(allocated).as("bytes for %d rows", row + 1).isLessThanOrEqualTo(allowed);
            }
        }
    }

    @Test
    void removingTheLastRowLeavesTheOthers() {
        rows.add(10, 1, 100);
        rows.add(11, 2, 200);

        rows.remove(1);

        assertThat(rows.size()).isEqualTo(1);
        assertThat(rows.number(0)).isEqualTo(10);
    }

    @Test
    void theLastRowTakesThePlaceOfARemovedOne() {
        for (int row = 0; row < 3000; row++) {
            rows.add(row, row % 7, -row);
        }

        rows.remove(5);

        assertThat(rows.size()).isEqualTo(2999);
        assertThat(rows.number(5)).isEqualTo(2999);
        assertThat(rows.name(5)).isEqualTo(2999 % 7);
        assertThat(rows.balance(5)).isEqualTo(-2999);
    }

    @Test
    void keepsTheGreatestNumberNameAndBalanceApart() {
        long greatest = (1L << 52) - 1;
        rows.add(greatest, 4095, Long.MIN_VALUE);

        assertThat(rows.number(0)).isEqualTo(greatest);
        assertThat(rows.name(0)).isEqualTo(4095);
        assertThat(rows.balance(0)).isEqualTo(Long.MIN_VALUE);
        assertThatThrownBy(() -> rows.add(greatest + 1, 0, 0)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void hasRoomForEveryName() {
        rows.add(0, Name.ALL.size() - 1, 0);

        assertThat(rows.name(0)).isEqualTo(Name.ALL.size() - 1);
    }
}
