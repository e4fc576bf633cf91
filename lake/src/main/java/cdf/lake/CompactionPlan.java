package cdf.lake;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;

/**
 * Which files of a table to merge, and when. Small files are merged with others of about their size only, so that a row
 * is written again a few times in its life and not with every merge; and a file is written again when most of its rows
 * are deleted, unless that is a few rows of small files, which go when those are merged. That bounds the number of files
 * as well as the rows that a reader skips.
 */
final class CompactionPlan {
    /** A file's size class is one for less than 64 KiB, the next for 16 times as much; larger files stay as they are. */
    private static final long SMALLEST_CLASS_BYTES = 64 << 10;

    private static final int CLASS_FACTOR = 16;
    private static final int CLASSES = 3;

    /** So many files of one class are merged. */
    static final int FILES_OF_A_CLASS = 32;

    /** What a merge reads at most, so that it does not hold the changes up for long. */
    private static final long MERGED_BYTES = 64 << 20;

    /** A file that has more than so many rows for each one that is not deleted is written again. */
    private static final int ROWS_FOR_A_LIVE_ONE = 4;

    /** So much of deleted rows does no harm. */
    static final long HARMLESS_BYTES = 1 << 20;

    private CompactionPlan() {}

    /**
     * A data file.
     *
     * @param number the applier's number of the file
     * @param rows the rows in it
     * @param liveRows those that are not deleted
     */
    record FileSize(int number, long bytes, long rows, long liveRows) {
        /** About how much of the file is not deleted. */
        long liveBytes() {
            return rows == 0 ? 0 : (long) ((double) bytes / rows * liveRows);
        }

        /** About how much of the file is deleted. */
        long deadBytes() {
            return bytes - liveBytes();
        }

        boolean isMostlyDeleted() {
            return rows > ROWS_FOR_A_LIVE_ONE * liveRows;
        }

        private int sizeClass() {
            return CompactionPlan.sizeClass(liveBytes());
        }
    }

    /** The number of the class of files of a size, from 0. */
    static int sizeClass(long bytes) {
        int sizeClass = 0;
        for (long limit = SMALLEST_CLASS_BYTES; bytes >= limit; limit *= CLASS_FACTOR) {
            sizeClass++;
        }
        return sizeClass;
    }

    /** While changes wait, files may be so many times as many, and have so many times as many deleted rows. */
    private static final int PATIENCE = 8;

    /**
     * The numbers of the files to merge now; empty when it is not time to.
     *
     * @param busy whether changes wait: then a merge that can wait does
     */
    static List<Integer> filesToMerge(Collection<FileSize> files, boolean busy) {
        int patience = busy ? PATIENCE : 1;
        for (int sizeClass = 0; sizeClass < CLASSES; sizeClass++) {
            int wanted = sizeClass;
            List<FileSize> alike =
                    files.stream().filter(file -> file.sizeClass() == wanted).toList();
            if (alike.size() >= patience * FILES_OF_A_CLASS) {
                return firstOf(alike);
            }
        }
        List<FileSize> mostlyDeleted =
                files.stream().filter(FileSize::isMostlyDeleted).toList();
        long deletedRows = mostlyDeleted.stream()
                .mapToLong(file -> file.rows() - file.liveRows())
                .sum();
        long liveRows = files.stream().mapToLong(FileSize::liveRows).sum();
        long deadBytes = mostlyDeleted.stream().mapToLong(FileSize::deadBytes).sum();
        return deadBytes > HARMLESS_BYTES && deletedRows > patience * liveRows ? firstOf(mostlyDeleted) : List.of();
    }

    /** Files up to what a merge takes at most, those with the least to write again first. */
    private static List<Integer> firstOf(List<FileSize> files) {
        List<Integer> numbers = new ArrayList<>();
        long bytes = 0;
        for (FileSize file : files.stream()
                .sorted(Comparator.comparingLong(FileSize::liveBytes))
                .toList()) {
            bytes += file.liveBytes();
            if (bytes > MERGED_BYTES && !numbers.isEmpty()) {
                break;
            }
            numbers.add(file.number());
        }
        return numbers;
    }
}
