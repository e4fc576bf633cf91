package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.jspecify.annotations.Nullable;
import scala.Option;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The data files of the table, each by a number of its own, and which of their rows are deleted. The number of a file
 * that is gone is given to another one: by then, the index must not have it any more.
 *
 * <p>Not thread-safe.
 */
final class DataFiles {
    private final DeletionVectors deletionVectors;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<@Nullable AddFile> files = new ArrayList<>();
    private final Map<Integer, RoaringBitmapArray> deletedRows = new HashMap<>();
    private final Deque<Integer> free = new ArrayDeque<>();

    DataFiles(DeletionVectors deletionVectors) {
        this.deletionVectors = deletionVectors;
    }

    /** The data files of a version. To find them takes a job of Spark's, but not where its checksum says that there are none. */
    static List<AddFile> of(Snapshot version) {
        boolean none = version.checksumOpt().exists(checksum -> checksum.numFiles() == 0);
        return none ? List.of() : List.of((AddFile[]) version.allFiles().collect());
    }

    /** Reserves a number for a file: {@link #put} it then, or {@link #release} the number. */
    int reserve() {
        Integer number = free.poll();
        if (number != null) {
            return number;
        }
        files.add(null);
        return files.size() - 1;
    }

    void release(int number) {
        free.add(number);
    }

    /** Adds a file under a reserved number. */
    void put(int number, AddFile file) {
        files.set(number, file);
        numbers.put(file.path(), number);
    }

    /** Adds a file. */
    int add(AddFile file) {
        int number = reserve();
        put(number, file);
        return number;
    }

    /** Exchanges a file for itself with another deletion vector. */
    void replace(int number, AddFile file, RoaringBitmapArray deleted) {
        files.set(number, file);
        deletedRows.put(number, deleted);
    }

    void remove(int number) {
        numbers.remove(file(number).path());
        files.set(number, null);
        deletedRows.remove(number);
        release(number);
    }

    AddFile file(int number) {
        AddFile file = files.get(number);
        if (file == null) {
            throw new IllegalStateException("a row lies in file " + number + ", which is gone");
        }
        return file;
    }

    Optional<Integer> numberOf(String path) {
        return Optional.ofNullable(numbers.get(path));
    }

    /** How large the files are. */
    List<CompactionPlan.FileSize> sizes() {
        List<CompactionPlan.FileSize> sizes = new ArrayList<>();
        numbers.forEach((path, number) -> {
            AddFile file = file(number);
            long rows = physicalRows(file);
            sizes.add(new CompactionPlan.FileSize(number, file.size(), rows, rows - file.numDeletedRecords()));
        });
        return sizes;
    }

    /** The rows in a file, deleted ones and all. */
    static long physicalRows(AddFile file) {
        Option<Object> rows = file.numPhysicalRecords();
        if (rows.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table's file " + file.path() + " does not say how many rows it has",
                    "somebody else wrote it without statistics: rewrite the table with REORG TABLE ... APPLY (PURGE)");
        }
        return (Long) rows.get();
    }

    /** The numbers of all files there are. */
    List<Integer> all() {
        return List.copyOf(numbers.values());
    }

    /** The rows of a file that are deleted: the caller must not change them. */
    RoaringBitmapArray deletedRows(int number) {
        return deletedRows.computeIfAbsent(
                number, absent -> deletionVectors.read(file(absent).deletionVector()));
    }
}
