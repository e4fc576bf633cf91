package cdf.generator;

import cdf.change.Operation;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static java.util.function.UnaryOperator.identity;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

class WorkloadTest {
    private static final int ROWS = 500;

    @ParameterizedTest
    @CsvSource({
        "40:40:20, 500, 0, 1000",
        "40:40:20, 1, 0, 1000",
        "1:0:0, 3, -5, 5",
        "0:0:1, 500, 0, 1000",
        "0:1:0, 500, 0, 1",
        "30:40:30, 500, 7, 7",
        "20:40:40, 500, -9223372036854775808, 9223372036854775807",
        "40:40:20, 500, -9223372036854775808, -9223372036854775807",
        "40:40:20, 500, 9223372036854775807, 9223372036854775807",
        "40:40:20, 2000000000, -1, 9223372036854775807"
    })
    void everyChangeIsTrue(String mix, int rows, long min, long max) {
        for (long seed : List.of(0L, -1L, 42L, System.nanoTime())) {
            Workload workload = new Workload(new WorkloadSettings(seed, rows, Mix.parse(mix), min, max));
            Replay replay = new Replay(min, max);
            for (int i = 0; i < 5 * ROWS; i++) {
                Change change = workload.next();

                assertThat(replay.problem(change))
                        .as("seed %d, %s", seed, change)
                        .isEmpty();
            }
            assertThat(workload.rows().collect(Collectors.toMap(UserRow::id, identity())))
                    .as("seed %d", seed)
                    .isEqualTo(replay.table);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"40:40:20", "50:0:50", "20:40:40", "0:0:1", "1:0:0", "0:1:0", "1:98:1"})
    void theTableGrowsToItsRowsAndThenStaysNearThem(String mix) {
        Workload workload = workload(7, mix);
        while (workload.size() < ROWS) {
            workload.next();
        }
        for (int i = 0; i < 200 * ROWS; i++) {
            workload.next();

            assertThat(workload.size()).isBetween(ROWS * 9 / 10, ROWS);
        }
    }

    @Test
    void aMixThatDoesNotGrowByItselfBeginsWithCreates() {
        Workload workload = workload(7, "20:40:40");

        assertThat(changes(workload, ROWS)).allMatch(change -> change.operation() == Operation.CREATE);
        assertThat(changes(workload, ROWS)).anyMatch(change -> change.operation() == Operation.DELETE);
    }

    @Test
    void aGrowingTableIsChangedInTheProportionsOfTheMix() {
        int changes = 100_000;
        Workload workload = new Workload(new WorkloadSettings(7, Integer.MAX_VALUE, new Mix(5, 3, 2), 0, 9));

        Map<Operation, Long> counts = count(workload, changes);

        assertThat(counts.get(Operation.CREATE)).isBetween(49_000L, 51_000L);
        assertThat(counts.get(Operation.UPDATE)).isBetween(29_000L, 31_000L);
        assertThat(counts.get(Operation.DELETE)).isBetween(19_000L, 21_000L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"40:40:20", "20:40:40"})
    void aFullTableKeepsTheShareOfUpdatesAndCreatesWhatItDeletes(String mix) {
        Workload workload = workload(7, mix);
        changes(workload, 20 * ROWS).forEach(change -> {});

        Map<Operation, Long> counts = count(workload, 100_000);

        assertThat(counts.get(Operation.UPDATE)).isBetween(39_000L, 41_000L);
        assertThat(counts.get(Operation.CREATE)).isBetween(29_000L, 31_000L);
        assertThat(counts.get(Operation.DELETE)).isBetween(29_000L, 31_000L);
    }

    @Test
    void everyLiveRowIsChosenInTheEnd() {
        Workload workload = workload(7, "0:1:0");
        changes(workload, ROWS).forEach(change -> {});

        assertThat(changes(workload, 20 * ROWS).map(Change::id).distinct()).hasSize(ROWS);
    }

    @ParameterizedTest
    @ValueSource(doubles = {0.5, 0.99, 1, 3})
    void everyChangeOfASkewedWorkloadIsTrue(double skew) {
        Workload workload = new Workload(new WorkloadSettings(7, ROWS, Mix.DEFAULT, 0, 9, skew));
        Replay replay = new Replay(0, 9);

        assertThat(changes(workload, 10 * ROWS).map(replay::problem).flatMap(Optional::stream))
                .isEmpty();
    }

    @Test
    void aSkewedWorkloadChangesFewRowsOften() {
        double skew = 0.99;
        Workload workload = new Workload(new WorkloadSettings(7, ROWS, Mix.parse("0:1:0"), 0, 9, skew));
        List<UUID> rows = changes(workload, ROWS).map(Change::id).toList();
        int updates = 200_000;

        Map<UUID, Long> counts =
                changes(workload, updates).collect(Collectors.groupingBy(Change::id, Collectors.counting()));

        // Zipf's law: the oldest row has one part, the next 2^-0.99, the one after it 3^-0.99, and so on.
        double parts = IntStream.rangeClosed(1, ROWS)
                .mapToDouble(k -> Math.pow(k, -skew))
                .sum();
        for (int k : List.of(1, 2, 3, 10, 50)) {
            assertThat((double) counts.getOrDefault(rows.get(k - 1), 0L))
                    .as("row %d", k)
                    .isCloseTo(updates * Math.pow(k, -skew) / parts, withinPercentage(10));
        }
    }

    @Test
    void oneUpdateInTenGivesAnotherName() {
        Workload workload = workload(7, "0:1:0");
        changes(workload, ROWS).forEach(change -> {});

        long renamed = changes(workload, 100_000)
                .filter(change -> !change.before()
                        .map(UserRow::name)
                        .equals(change.after().map(UserRow::name)))
                .count();

        assertThat(renamed).isBetween(9_000L, 11_000L);
    }

    @Test
    void theSameSeedGivesTheSameChangesAndAnotherSeedGivesOthers() {
        List<Change> changes = changes(workload(7, "40:40:20"), 1000).toList();

        assertThat(changes(workload(7, "40:40:20"), 1000)).isEqualTo(changes);
        assertThat(changes(workload(8, "40:40:20"), 1000).map(Change::id))
                .doesNotContainAnyElementsOf(changes.stream().map(Change::id).toList());
    }

    private static Workload workload(long seed, String mix) {
        return new Workload(new WorkloadSettings(seed, ROWS, Mix.parse(mix), 0, 1000));
    }

    private static Stream<Change> changes(Workload workload, int count) {
        return Stream.generate(workload::next).limit(count);
    }

    private static Map<Operation, Long> count(Workload workload, int changes) {
        return changes(workload, changes)
                .collect(Collectors.groupingBy(
                        Change::operation, () -> new EnumMap<>(Operation.class), Collectors.counting()));
    }

    /** A table as plain as can be, which the changes are made to. */
    private static final class Replay {
        final Map<UUID, UserRow> table = new HashMap<>();
        private final Set<UUID> everCreated = new HashSet<>();
        private final long min;
        private final long max;
        private long lastNumber;

        Replay(long min, long max) {
            this.min = min;
            this.max = max;
        }

        /** Makes a change, and says what is untrue about it. */
        Optional<String> problem(Change change) {
            if (change.number() != ++lastNumber) {
                return Optional.of("is not change " + lastNumber);
            }
            Optional<UserRow> known = Optional.ofNullable(table.get(change.id()));
            if (!change.before().equals(known)) {
                return Optional.of("found " + known);
            }
            if (change.before().equals(change.after())) {
                return Optional.of("changes nothing");
            }
            if (change.before().isEmpty() && !everCreated.add(change.id())) {
                return Optional.of("creates an id a second time");
            }
            if (change.operation() != operation(change)) {
                return Optional.of("should be " + operation(change));
            }
            change.after().ifPresentOrElse(row -> table.put(change.id(), row), () -> table.remove(change.id()));
            return change.after()
                    .filter(row -> !row.id().equals(change.id()) || row.balance() < min || row.balance() > max)
                    .map(row -> "leaves a row that cannot be");
        }

        private static Operation operation(Change change) {
            if (change.before().isEmpty()) {
                return Operation.CREATE;
            }
            return change.after().isEmpty() ? Operation.DELETE : Operation.UPDATE;
        }
    }
}
