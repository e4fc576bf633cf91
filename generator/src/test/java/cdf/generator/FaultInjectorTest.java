package cdf.generator;

import cdf.generator.Injected.LateDuplicate;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class FaultInjectorTest {
    private static final int CHANGES = 10_000;
    private static final Faults ALL = new Faults(Stream.of(Fault.values()).collect(Collectors.toMap(f -> f, f -> 0.1)));

    /** A record with the number of the change that it was sent with. */
    private record Sent(long number, FaultyRecord record) {
        String text() {
            return utf8(record.key()) + "|" + utf8(record.value());
        }

        private static String utf8(byte @Nullable [] bytes) {
            return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"MALFORMED", "DUPLICATE", "EXTRA_FIELDS"})
    void rateIsTheShareOfTheChanges(Fault fault) {
        List<Sent> sent = send(new Faults(Map.of(fault, 0.1)), 7);

        assertThat(count(sent, fault)).isBetween(CHANGES * 9L / 100, CHANGES * 11L / 100);
    }

    @ParameterizedTest
    @EnumSource
    void rateOfOneStrikesAlwaysAndOnlyThatFault(Fault fault) {
        List<Sent> sent = send(new Faults(Map.of(fault, 1.0)), 7);

        long expected =
                switch (fault) {
                    case MALFORMED, DUPLICATE, EXTRA_FIELDS -> CHANGES;
                    case LATE_DUPLICATE -> CHANGES - 1; // After the last event there are no others.
                    case DELETE_WITHOUT_BEFORE ->
                        changes(7).filter(Change.Deleted.class::isInstance).count();
                    case UPDATE_WITHOUT_BEFORE ->
                        changes(7).filter(Change.Updated.class::isInstance).count();
                    case UNUSUAL_KEY -> sent.size();
                };
        assertThat(count(sent, fault)).isEqualTo(expected);
        assertThat(sent).allSatisfy(each -> assertThat(each.record.faults()).allMatch(found -> found.fault() == fault));
    }

    @Test
    void sameSeedGivesTheSameRecordsWithTheSameFaultsAndAnotherSeedGivesOthers() {
        List<String> records = described(send(ALL, 7));

        assertThat(described(send(ALL, 7))).isEqualTo(records);
        assertThat(Collections.disjoint(new HashSet<>(records), described(send(ALL, 8))))
                .isTrue();
    }

    @Test
    void withoutTheFaultyRecordsTheChangesAreThoseOfTheWorkload() {
        EventWriter writer = new EventWriter(EventFormat.PLAIN);
        Faults doubled = new Faults(Map.of(Fault.MALFORMED, 0.2, Fault.DUPLICATE, 0.2, Fault.LATE_DUPLICATE, 0.2));

        List<String> sound = send(doubled, 7).stream()
                .filter(each -> each.record.faults().isEmpty() && each.record.value() != null)
                .map(Sent::text)
                .toList();

        assertThat(sound)
                .isEqualTo(changes(7)
                        .map(change -> Sent.utf8(writer.key(change)) + "|" + Sent.utf8(writer.value(change, 0)))
                        .toList());
    }

    @Test
    void oneMoreFaultLeavesTheOthersWhereTheyAre() {
        Map<Fault, Double> more = new HashMap<>(ALL.rates());
        more.remove(Fault.DUPLICATE);

        for (Fault fault : more.keySet()) {
            assertThat(numbers(send(new Faults(more), 7), fault).distinct().toList())
                    .as(fault.name())
                    .isEqualTo(numbers(send(ALL, 7), fault).distinct().toList());
        }
    }

    @Test
    void duplicateFollowsItsEventAtOnceAndATombstoneBoth() {
        List<Sent> sent = send(new Faults(Map.of(Fault.DUPLICATE, 1.0)), 7);

        for (int i = 0; i < sent.size(); i++) {
            if (!sent.get(i).record.faults().isEmpty()) {
                assertThat(sent.get(i).text()).isEqualTo(sent.get(i - 1).text());
            } else if (sent.get(i).record.value() == null) {
                assertThat(sent.get(i - 1).record.key())
                        .isEqualTo(sent.get(i).record.key());
                assertThat(sent.get(i - 1).record.faults()).hasSize(1);
            }
        }
    }

    @Test
    void lateDuplicateComesAfterOneToAThousandOthersAndIsStaleIfItsRowChangedSince() {
        List<Sent> sent = send(new Faults(Map.of(Fault.LATE_DUPLICATE, 0.3)), 7);

        Map<String, Long> numberOfEvent = new HashMap<>();
        Map<String, Long> newestOfRow = new HashMap<>();
        List<Long> waits = new ArrayList<>();
        long stale = 0;
        for (Sent each : sent) {
            String row = Sent.utf8(each.record.key());
            if (each.record.value() == null) {
                continue;
            }
            if (each.record.faults().isEmpty()) {
                // Events of a row differ in their times.
                assertThat(numberOfEvent.put(each.text(), each.number)).isNull();
                newestOfRow.put(row, each.number);
                continue;
            }
            LateDuplicate late = (LateDuplicate) each.record.faults().get(0);
            long number = numberOfEvent.getOrDefault(each.text(), -1L);
            assertThat(number).isPositive();
            assertThat(late.id()).isEqualTo(row);
            assertThat(late.stale()).isEqualTo(newestOfRow.getOrDefault(row, -1L) > number);
            waits.add(each.number - number);
            stale += late.stale() ? 1 : 0;
        }
        assertThat(waits).hasSizeBetween(2_800, 3_200).allMatch(wait -> wait >= 1 && wait <= 1000);
        assertThat(waits).anyMatch(wait -> wait < 20).anyMatch(wait -> wait > 980);
        assertThat(stale).isBetween(300L, waits.size() - 300L);
    }

    private static List<Sent> send(Faults faults, long seed) {
        FaultInjector injector = new FaultInjector(faults, seed, EventFormat.PLAIN, true);
        boolean timed = faults.has(Fault.LATE_DUPLICATE) && faults.rates().size() == 1;
        return changes(seed)
                .flatMap(change ->
                        injector.records(change, timed ? change.number() : 0, CHANGES - change.number()).stream()
                                .map(record -> new Sent(change.number(), record)))
                .toList();
    }

    private static Stream<Change> changes(long seed) {
        Workload workload = new Workload(new WorkloadSettings(seed, 1000, Mix.DEFAULT, 0, 1_000_000));
        return Stream.generate(workload::next).limit(CHANGES);
    }

    private static Stream<Long> numbers(List<Sent> sent, Fault fault) {
        return sent.stream()
                .filter(each -> each.record.faults().stream().anyMatch(found -> found.fault() == fault))
                .map(Sent::number);
    }

    private static long count(List<Sent> sent, Fault fault) {
        return numbers(sent, fault).count();
    }

    private static List<String> described(List<Sent> sent) {
        return sent.stream()
                .map(each -> each.number + " " + each.text() + " " + each.record.faults())
                .toList();
    }
}
