package cdf.lake;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.LongPredicate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class KeyIndexTest {
    private final KeyIndex index = new KeyIndex();

    @ParameterizedTest
    @EnumSource
    void doesWhatAHashMapDoes(Hashes hashes) {
        for (long seed = 0; seed < 30; seed++) {
            new History(hashes, seed).run();
        }
    }

    @Test
    void keepsTheSmallestAndTheLargestLocationAndKey() {
        index.put(0, 0, 0);
        index.put(-1, -1, Long.MAX_VALUE);

        assertThat(index.get(0, 0)).isZero();
        assertThat(index.get(-1, -1)).isEqualTo(Long.MAX_VALUE);
        assertThat(index.get(0, -1)).isEqualTo(KeyIndex.ABSENT);
        assertThat(index.get(-1, 0)).isEqualTo(KeyIndex.ABSENT);
    }

    @Test
    void refusesANegativeLocation() {
        assertThatThrownBy(() -> index.put(1, 2, KeyIndex.ABSENT)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void takesAtMostFortyBytesARowAtEverySizeGrowingAndShrinking() {
        int rows = 3_000_000;
        long bytesBefore = index.memoryBytes();

        SplittableRandom keys = new SplittableRandom(8);
        for (int row = 0; row < rows; row++) {
            assertBoundAtEachThousand();
            index.put(keys.nextLong(), keys.nextLong(), row);
        }
        SplittableRandom sameKeys = new SplittableRandom(8);
        for (int row = 0; row < rows; row++) {
            assertBoundAtEachThousand();
            index.remove(sameKeys.nextLong(), sameKeys.nextLong());
        }

        assertThat(index.size()).isZero();
        assertThat(index.memoryBytes()).isEqualTo(bytesBefore);
    }

    @Test
    void takesAtMostFortyBytesARowAfterTheRowsOfMostFilesAreRemoved() {
        SplittableRandom keys = new SplittableRandom(9);
        for (int row = 0; row < 2_000_000; row++) {
            index.put(keys.nextLong(), keys.nextLong(), row);
        }

        long removed = index.removeIf(location -> location >= 130_000);

        assertThat(removed).isEqualTo(1_870_000);
        assertThat(index.size()).isEqualTo(130_000);
        assertBoundAtEachThousand();
    }

    /** With room for the second copy of one segment, which is there while the segment resizes. */
    private void assertBoundAtEachThousand() {
        if (index.size() >= 100_000 && index.size() % 1_000 == 0) {
            long bytes = index.memoryBytes();
            assertThat(bytes + bytes / 1_024)
                    .as("bytes of %d rows", index.size())
                    .isLessThanOrEqualTo(40 * index.size());
        }
    }

    /** Where a history takes the hashes of its keys from: benign, and as bad as can be. */
    private enum Hashes {
        SPREAD {
            @Override
            Key next(SplittableRandom random) {
                return new Key(random.nextLong(), random.nextLong());
            }
        },
        IN_ONE_SEGMENT {
            @Override
            Key next(SplittableRandom random) {
                return new Key(random.nextInt(1_000), random.nextLong());
            }
        },
        AT_THE_FIRST_SLOT {
            @Override
            Key next(SplittableRandom random) {
                return new Key(-1, random.nextInt(1_000));
            }
        },
        AT_THE_LAST_SLOT {
            @Override
            Key next(SplittableRandom random) {
                return new Key(0, -1 - random.nextInt(1_000));
            }
        },
        AT_BOTH_ENDS {
            @Override
            Key next(SplittableRandom random) {
                return new Key(0, (long) random.nextInt(-40, 40) << 56);
            }
        },
        WITH_ONE_LOWER_WORD {
            @Override
            Key next(SplittableRandom random) {
                return new Key(random.nextInt(1_000), 7L << 60);
            }
        };

        abstract Key next(SplittableRandom random);
    }

    private record Key(long high, long low) {}

    /** Random steps, each taken by an index and by a hash map. */
    private static final class History {
        private final String name;
        private final SplittableRandom random;
        private final List<Key> keys = new ArrayList<>();
        private final KeyIndex index = new KeyIndex();
        private final Map<Key, Long> expected = new HashMap<>();

        History(Hashes hashes, long seed) {
            name = hashes + ", seed " + seed;
            random = new SplittableRandom(seed);
            int domain = random.nextInt(1, 500);
            for (int key = 0; key < domain; key++) {
                keys.add(hashes.next(random));
            }
        }

        void run() {
            for (int phase = 0; phase < 20; phase++) {
                int putPercent = random.nextInt(101);
                for (int step = 0; step < 300; step++) {
                    Key key = keys.get(random.nextInt(keys.size()));
                    if (random.nextInt(100) < putPercent) {
                        put(key, random.nextLong(Long.MAX_VALUE));
                    } else {
                        remove(key);
                    }
                }
                assertSame();
                if (random.nextInt(3) == 0) {
                    int percent = random.nextInt(101);
                    removeIf(location -> location % 100 < percent);
                    assertSame();
                }
                if (random.nextInt(10) == 0) {
                    index.clear();
                    expected.clear();
                    assertSame();
                }
            }
        }

        private void put(Key key, long location) {
            Long previous = expected.put(key, location);
            assertThat(index.put(key.high, key.low, location)).as(name).isEqualTo(orAbsent(previous));
        }

        private void remove(Key key) {
            Long previous = expected.remove(key);
            assertThat(index.remove(key.high, key.low)).as(name).isEqualTo(orAbsent(previous));
        }

        private void removeIf(LongPredicate condition) {
            List<Long> visited = new ArrayList<>();
            List<Long> present = List.copyOf(expected.values());
            expected.values().removeIf(condition::test);

            long removed = index.removeIf(location -> {
                visited.add(location);
                return condition.test(location);
            });

            assertThat(removed).as(name).isEqualTo(present.size() - expected.size());
            assertThat(visited).as(name).containsExactlyInAnyOrderElementsOf(present);
        }

        private void assertSame() {
            assertThat(index.size()).as(name).isEqualTo(expected.size());
            for (Key key : keys) {
                assertThat(index.get(key.high, key.low)).as(name).isEqualTo(orAbsent(expected.get(key)));
            }
        }

        private static long orAbsent(@Nullable Long location) {
            return location == null ? KeyIndex.ABSENT : location;
        }
    }
}
