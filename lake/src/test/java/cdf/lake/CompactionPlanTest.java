package cdf.lake;

import cdf.lake.CompactionPlan.FileSize;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

class CompactionPlanTest {
    private static final long KIBIBYTE = 1 << 10;
    private static final long MEBIBYTE = 1 << 20;

    /** What a reader skips at most for each row it gets, when there is nothing to merge. */
    private static final int DEAD_ROWS_FOR_A_LIVE_ONE = 4;

    /** Three size classes, none of them full. */
    private static final int MOST_SMALL_FILES = 3 * (CompactionPlan.FILES_OF_A_CLASS - 1);

    private final Map<Integer, FileSize> files = new TreeMap<>();
    private int nextNumber;
    private long written;
    private long rewritten;

    @Test
    void inAnyHistoryFilesStayFewAndDeadRowsStayInProportion() {
        for (int round = 0; round < 200; round++) {
            long seed = System.nanoTime();
            Random random = new Random(seed);
            files.clear();
            for (int commit = 0; commit < 300; commit++) {
                change(random);
                compactUntilDone("seed " + seed);
                assertThat(smallFiles()).as("seed " + seed).isLessThanOrEqualTo(MOST_SMALL_FILES);
                if (deadBytesOfMostlyDeleted() > CompactionPlan.HARMLESS_BYTES) {
                    assertThat(deadRows())
                            .as("seed " + seed)
                            .isLessThanOrEqualTo(DEAD_ROWS_FOR_A_LIVE_ONE * Math.max(1, liveRows()));
                }
            }
        }
    }

    @Test
    void mergeReadsNoMoreThanItMayHoldTheChangesUpFor() {
        for (int number = 0; number < 40; number++) {
            add(10_000, 10 * MEBIBYTE);
        }

        List<Integer> merged = CompactionPlan.filesToMerge(files.values(), false);

        assertThat(merged).hasSize(6);
    }

    @Test
    void rowOfATableThatOnlyGrowsIsWrittenAgainAFewTimesOnly() {
        for (int commit = 0; commit < 20_000; commit++) {
            add(100, 8 * KIBIBYTE);
            compactUntilDone("commit " + commit);
        }

        assertThat((double) rewritten / written).isLessThan(4);
    }

    @Test
    void filesThatAreLargeEnoughStayAsTheyAre() {
        for (int number = 0; number < 1_000; number++) {
            add(100_000, 16 * MEBIBYTE);
        }

        assertThat(CompactionPlan.filesToMerge(files.values(), false)).isEmpty();
    }

    @Test
    void largeFileOfWhichMostIsDeletedIsWrittenAgain() {
        add(1_000, 1_000 * MEBIBYTE);
        files.replace(0, new FileSize(0, 1_000 * MEBIBYTE, 1_000, 100));

        assertThat(CompactionPlan.filesToMerge(files.values(), false)).containsExactly(0);
    }

    @Test
    void aFewDeletedRowsInSmallFilesAreNoReasonForAMerge() {
        for (int number = 0; number < CompactionPlan.FILES_OF_A_CLASS - 1; number++) {
            add(200, 8 * KIBIBYTE);
            files.replace(number, new FileSize(number, 8 * KIBIBYTE, 200, 1));
        }

        assertThat(CompactionPlan.filesToMerge(files.values(), false)).isEmpty();
        add(200, 8 * KIBIBYTE);
        assertThat(CompactionPlan.filesToMerge(files.values(), false)).hasSize(CompactionPlan.FILES_OF_A_CLASS);
    }

    @Test
    void whileChangesWaitMergesWaitUntilFilesAreMany() {
        int waiting = 0;
        while (CompactionPlan.filesToMerge(files.values(), true).isEmpty() && waiting < 10_000) {
            add(1_000, 8 * KIBIBYTE);
            waiting++;
        }

        assertThat(waiting).isBetween(2 * CompactionPlan.FILES_OF_A_CLASS, 10 * CompactionPlan.FILES_OF_A_CLASS);
        assertThat(CompactionPlan.filesToMerge(files.values(), false)).isNotEmpty();
    }

    /** A commit: a new file, and rows deleted in some of the others. */
    private void change(Random random) {
        for (FileSize file : List.copyOf(files.values())) {
            if (random.nextInt(4) == 0) {
                long live = file.liveRows() - random.nextLong(file.liveRows() + 1);
                if (live == 0) {
                    files.remove(file.number());
                } else {
                    files.replace(file.number(), new FileSize(file.number(), file.bytes(), file.rows(), live));
                }
            }
        }
        long rows = 1 + random.nextInt(10) * (1L << random.nextInt(18));
        add(rows, KIBIBYTE + rows * (1 + random.nextInt(200)));
    }

    private void add(long rows, long bytes) {
        files.put(nextNumber, new FileSize(nextNumber, bytes, rows, rows));
        nextNumber++;
        written += bytes;
    }

    private void compactUntilDone(String history) {
        List<Integer> merged = CompactionPlan.filesToMerge(files.values(), false);
        for (int merges = 0; !merged.isEmpty(); merges++) {
            assertThat(merges).as(history + ": merges without an end").isLessThan(1_000);
            assertThat(merged).as(history).doesNotHaveDuplicates().isSubsetOf(files.keySet());
            merge(merged);
            merged = CompactionPlan.filesToMerge(files.values(), false);
        }
    }

    private void merge(List<Integer> merged) {
        List<FileSize> gone = new ArrayList<>();
        merged.forEach(number -> gone.add(files.remove(number)));
        long rows = gone.stream().mapToLong(FileSize::liveRows).sum();
        long bytes = gone.stream().mapToLong(FileSize::liveBytes).sum();
        files.put(nextNumber, new FileSize(nextNumber, bytes, rows, rows));
        nextNumber++;
        rewritten += bytes;
    }

    private long smallFiles() {
        return files.values().stream()
                .filter(file -> file.liveBytes() < 16 * MEBIBYTE)
                .count();
    }

    private long deadRows() {
        return files.values().stream()
                .mapToLong(file -> file.rows() - file.liveRows())
                .sum();
    }

    private long deadBytesOfMostlyDeleted() {
        return files.values().stream()
                .filter(FileSize::isMostlyDeleted)
                .mapToLong(FileSize::deadBytes)
                .sum();
    }

    private long liveRows() {
        return files.values().stream().mapToLong(FileSize::liveRows).sum();
    }
}
