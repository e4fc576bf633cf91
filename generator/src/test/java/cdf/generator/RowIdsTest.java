package cdf.generator;

import org.junit.jupiter.api.Test;

import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

import static org.assertj.core.api.Assertions.assertThat;

class RowIdsTest {
    @Test
    void aMillionRowsHaveAMillionIds() {
        RowIds ids = new RowIds(7);

        Set<UUID> distinct = LongStream.range(0, 1_000_000).mapToObj(ids::idOf).collect(Collectors.toSet());

        assertThat(distinct).hasSize(1_000_000);
    }

    @Test
    void idsAreRandomUuidsByTheirVersionAndVariant() {
        RowIds ids = new RowIds(7);

        assertThat(LongStream.range(0, 10_000).mapToObj(ids::idOf))
                .allMatch(id -> id.version() == 4 && id.variant() == 2);
    }

    @Test
    void theSameNumberHasAnotherIdUnderAnotherKey() {
        assertThat(new RowIds(7).idOf(0)).isEqualTo(new RowIds(7).idOf(0)).isNotEqualTo(new RowIds(8).idOf(0));
    }
}
