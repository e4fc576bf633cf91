package cdf.lake;

import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.delta.deletionvectors.StoredBitmap;
import org.apache.spark.sql.delta.storage.dv.DeletionVectorStore;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The data files of the table, each by a number of its own, and which of their rows are deleted. Numbers are not used
 * again.
 *
 * <p>Not thread-safe.
 */
final class DataFiles {
    private final Path table;
    private final DeletionVectorStore store;
    private final Map<String, Integer> numbers = new HashMap<>();
    private final List<@Nullable AddFile> files = new ArrayList<>();
    private final Map<Integer, RoaringBitmapArray> deletedRows = new HashMap<>();

    DataFiles(Path table, DeletionVectorStore store) {
        this.table = table;
        this.store = store;
    }

    /** The number that the next added file gets. */
    int nextNumber() {
        return files.size();
    }

    /** Adds a file. */
    int add(AddFile file) {
        int number = files.size();
        files.add(file);
        numbers.put(file.path(), number);
        return number;
    }

    /** Exchanges a file for itself with another deletion vector. */
    void replace(int number, AddFile file, RoaringBitmapArray deleted) {
        files.set(number, file);
        deletedRows.put(number, deleted);
    }

    /** Exchanges a file for itself with a deletion vector that somebody else wrote. */
    void replaceUnread(int number, AddFile file) {
        files.set(number, file);
        deletedRows.remove(number);
    }

    void remove(int number) {
        numbers.remove(file(number).path());
        files.set(number, null);
        deletedRows.remove(number);
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

    /** The numbers of all files there are. */
    List<Integer> all() {
        return List.copyOf(numbers.values());
    }

    /** The rows of a file that are deleted: the caller must not change them. */
    RoaringBitmapArray deletedRows(int number) {
        return deletedRows.computeIfAbsent(number, absent -> load(file(absent)));
    }

    private RoaringBitmapArray load(AddFile file) {
        return file.deletionVector() == null
                ? new RoaringBitmapArray()
                : StoredBitmap.create(file.deletionVector(), table).load(store);
    }
}
