package cdf.generator;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.Row;
import cdf.change.Value;
import cdf.generator.MalformedValues.Kind;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class MalformedValuesTest {
    private static final String ID = "11111111-2222-3333-4444-555555555555";

    private final EnvelopeReader reader = new EnvelopeReader();

    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            names = {"KEY_MISSING", "KEY_NULL", "WRONG_TYPE", "OVERFLOW", "FRACTION"})
    void valueThatIsNoEventIsRejectedByTheReader(Kind kind) {
        assertThat(reader.read(MalformedValues.value(kind, ID), 0)).isInstanceOf(Decoded.Rejected.class);
    }

    @ParameterizedTest
    @EnumSource(names = {"KEY_MISSING", "KEY_NULL", "WRONG_TYPE", "OVERFLOW", "FRACTION"})
    void eventWhoseRowDoesNotFitTheTableIsMalformedInExactlyOneColumn(Kind kind) {
        Row row = rowOf(MalformedValues.value(kind, ID));

        boolean soundId = row.columns().get(UsersTable.ID) instanceof Value.Text;
        boolean soundBalance = isBigint(row.columns().get(UsersTable.BALANCE));

        assertThat(soundId).isNotEqualTo(soundBalance);
        assertThat(soundBalance).isEqualTo(kind == Kind.KEY_MISSING || kind == Kind.KEY_NULL);
    }

    @Test
    void kindsTakeTurns() {
        MalformedValues values = new MalformedValues(1, 1);

        List<Integer> lengths = Stream.generate(values::next)
                .limit(2L * Kind.values().length)
                .map(value -> value.length)
                .toList();

        List<Integer> expected = Stream.concat(Stream.of(Kind.values()), Stream.of(Kind.values()))
                .map(kind -> MalformedValues.value(kind, ID).length)
                .toList();
        assertThat(lengths).isEqualTo(expected);
    }

    @Test
    void sameSeedStrikesAtTheSameTimesWithTheSameRecords() {
        assertThat(history(42)).isEqualTo(history(42)).isNotEqualTo(history(43));
    }

    @Test
    void rateIsHowOftenItStrikes() {
        assertThat(strikes(0)).isZero();
        assertThat(strikes(1)).isEqualTo(100_000);
        assertThat(strikes(0.25)).isCloseTo(25_000, within(1_000L));
        assertThat(strikes(0.001)).isCloseTo(100, within(50L));
    }

    @Test
    void noRowHasTheKeyOrTheIdOfAMalformedRecord() {
        long seed = 42;
        Workload workload = new Workload(new WorkloadSettings(seed, 1_000, Mix.DEFAULT, 1, 1_000));
        MalformedValues values = new MalformedValues(seed, 1);
        Set<String> rows = new HashSet<>();
        Set<String> others = new HashSet<>();

        for (int change = 0; change < 100_000; change++) {
            rows.add(workload.next().id().toString());
            others.add(new String(values.key(), StandardCharsets.UTF_8));
            idOf(values.next()).ifPresent(others::add);
        }

        assertThat(others).hasSizeGreaterThan(100_000);
        others.retainAll(rows);
        assertThat(others).isEmpty();
    }

    private List<String> history(long seed) {
        MalformedValues values = new MalformedValues(seed, 0.5);
        return IntStream.range(0, 200)
                .filter(index -> values.strikes())
                .mapToObj(index -> index + " " + text(values.key()) + " " + text(values.next()))
                .toList();
    }

    private static long strikes(double rate) {
        MalformedValues values = new MalformedValues(7, rate);
        return IntStream.range(0, 100_000).filter(index -> values.strikes()).count();
    }

    private Optional<String> idOf(byte[] value) {
        return reader.read(value, 0) instanceof Decoded.Accepted accepted
                ? accepted.event()
                        .after()
                        .map(row -> row.columns().get(UsersTable.ID))
                        .map(Value::text)
                : Optional.empty();
    }

    private Row rowOf(byte[] value) {
        ChangeEvent event = ((Decoded.Accepted) reader.read(value, 0)).event();
        return event.after().orElseThrow();
    }

    private static boolean isBigint(@Nullable Value value) {
        if (!(value instanceof Value.Json number)) {
            return false;
        }
        try {
            new BigDecimal(number.text()).longValueExact();
            return true;
        } catch (ArithmeticException inexact) {
            return false;
        }
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
