package cdf.generator;

import cdf.change.EventDecoder.Outcome;
import cdf.generator.MalformedRecords.Kind;
import cdf.generator.MalformedRecords.MalformedRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.charset.StandardCharsets;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

class MalformedRecordsTest {
    private static final String ID = "11111111-2222-3333-4444-555555555555";
    private static final Pattern UUID = Pattern.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}");

    @ParameterizedTest
    @EnumSource
    void recordIsNoEventOfTheTable(Kind kind) {
        assertThat(new Users().outcome(kind.key(ID), kind.value(ID))).isEqualTo(Outcome.REJECTED);
    }

    @ParameterizedTest
    @EnumSource
    void valueFitsIntoWhatABrokerTakes(Kind kind) {
        assertThat(kind.value(ID)).hasSizeLessThan(100_000);
    }

    @Test
    void kindsTakeTurns() {
        MalformedRecords records = new MalformedRecords(1, 1);

        List<Kind> kinds = Stream.generate(records::next)
                .limit(2L * Kind.values().length)
                .map(MalformedRecord::kind)
                .toList();

        assertThat(kinds)
                .isEqualTo(Stream.of(Kind.values(), Kind.values())
                        .flatMap(Stream::of)
                        .toList());
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
    void noRowIsNamedInAMalformedRecord() {
        long seed = 42;
        Workload workload = new Workload(new WorkloadSettings(seed, 1_000, Mix.DEFAULT, 1, 1_000));
        MalformedRecords malformed = new MalformedRecords(seed, 1);
        Set<String> rows = new HashSet<>();
        Set<String> others = new HashSet<>();

        for (int change = 0; change < 10_000; change++) {
            rows.add(workload.next().id().toString());
            MalformedRecord next = malformed.next();
            Matcher ids = UUID.matcher(text(next.key()) + " " + text(next.value()));
            while (ids.find()) {
                others.add(ids.group());
            }
        }

        assertThat(others).hasSizeGreaterThan(9_000);
        assertThat(Collections.disjoint(others, rows)).isTrue();
    }

    private static List<String> history(long seed) {
        MalformedRecords malformed = new MalformedRecords(seed, 0.5);
        return IntStream.range(0, 200)
                .filter(index -> malformed.strikes())
                .mapToObj(index -> {
                    MalformedRecord next = malformed.next();
                    return index + " " + text(next.key()) + " " + text(next.value());
                })
                .toList();
    }

    private static long strikes(double rate) {
        MalformedRecords malformed = new MalformedRecords(7, rate);
        return IntStream.range(0, 100_000).filter(index -> malformed.strikes()).count();
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "" : new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
