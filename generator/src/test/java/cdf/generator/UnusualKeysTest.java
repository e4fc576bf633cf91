package cdf.generator;

import cdf.generator.UnusualKeys.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.EnumSet;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import java.util.stream.LongStream;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

class UnusualKeysTest {
    private static final UUID ID = UUID.fromString("0a1b2c3d-4e5f-4071-8293-a4b5c6d7e8f9");

    @Test
    void everyKindIsWhatItSays() {
        assertThat(UnusualKeys.text(Kind.QUOTES, ID)).startsWith("\"").endsWith("\"");
        assertThat(UnusualKeys.text(Kind.BACKSLASHES, ID)).startsWith("\\u0041").endsWith("\\");
        assertThat(UnusualKeys.text(Kind.CONTROL_CHARACTERS, ID)).contains("\0", "\n", "\u001b", "\u0085");
        assertThat(UnusualKeys.text(Kind.EMOJI, ID).codePoints()).anyMatch(point -> point > 0xffff);
        assertThat(UnusualKeys.text(Kind.RIGHT_TO_LEFT, ID).codePoints())
                .anyMatch(point -> Character.getDirectionality(point) == Character.DIRECTIONALITY_RIGHT_TO_LEFT);
        assertThat(UnusualKeys.text(Kind.LEADING_AND_TRAILING_SPACES, ID))
                .startsWith("  ")
                .endsWith(" ");
        assertThat(UnusualKeys.text(Kind.EMPTY_LOOKING, ID).codePoints())
                .isNotEmpty()
                .allMatch(point -> Character.getType(point) == Character.FORMAT);
        assertThat(UnusualKeys.text(Kind.LONG, ID)).hasSize(1000);
        assertThat(UnusualKeys.text(Kind.JSON_OBJECT, ID)).isEqualTo("{\"id\":\"" + ID + "\"}");
    }

    @ParameterizedTest
    @EnumSource
    void differentRowsHaveDifferentIds(Kind kind) {
        RowIds ids = new RowIds(7);

        assertThat(LongStream.range(0, 1000)
                        .mapToObj(number -> UnusualKeys.text(kind, ids.idOf(number)))
                        .distinct())
                .hasSize(1000);
    }

    @Test
    void shareIsTheShareOfTheRowsAndAllKindsAreAmongThem() {
        UnusualKeys keys = new UnusualKeys(0.2);
        Set<Kind> kinds = EnumSet.noneOf(Kind.class);

        long unusual = rows(10_000)
                .map(keys::kind)
                .filter(kind -> {
                    kind.ifPresent(kinds::add);
                    return kind.isPresent();
                })
                .count();

        assertThat(unusual).isBetween(1_800L, 2_200L);
        assertThat(kinds).containsExactlyInAnyOrder(Kind.values());
        assertThat(rows(1000).map(new UnusualKeys(1)::kind)).allMatch(kind -> kind.isPresent());
        assertThat(rows(1000).map(UnusualKeys.NONE::id).toList())
                .isEqualTo(rows(1000).map(UUID::toString).toList());
    }

    /** A delete without before has nothing but the record's key to tell its row. */
    @ParameterizedTest
    @EnumSource
    void recordKeyAndRowNameTheSameRowToAConsumer(EventFormat format) {
        UnusualKeys keys = new UnusualKeys(1);
        EventWriter writer = new EventWriter(format, keys);
        Users users = new Users();
        Set<Kind> seen = new HashSet<>();
        Workload workload = new Workload(new WorkloadSettings(7, 50, Mix.DEFAULT, 0, 9));
        for (int i = 0; i < 2000; i++) {
            Change change = workload.next();
            keys.kind(change.id()).ifPresent(seen::add);

            Users.Left left = users.read(writer.key(change), writer.value(change, 0, false, false));

            assertThat(left).isEqualTo(Users.Left.of(change, keys));
        }
        assertThat(seen).hasSize(Kind.values().length);
    }

    private static Stream<UUID> rows(int count) {
        RowIds ids = new RowIds(42);
        return LongStream.range(0, count).mapToObj(ids::idOf);
    }
}
