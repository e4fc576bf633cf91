package cdf.lake;

import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * One version of the table as the applier knows it: its data files, and where the row of every key lies. Nothing durable
 * depends on it; it can be made from the table at any time.
 *
 * <p>Not thread-safe.
 */
final class IndexedTable {
    private final DataFiles files;
    private KeyIndex index = new KeyIndex();

    /** The file of a task that wrote none: no row can lie in it. */
    private static final int NO_FILE = -1;

    IndexedTable(DataFiles files) {
        this.files = files;
    }

    DataFiles files() {
        return files;
    }

    long rows() {
        return index.size();
    }

    long indexBytes() {
        return index.memoryBytes();
    }

    /**
     * Forgets the files that somebody else removed from the table or gave another deletion vector.
     *
     * @param live the files of the table's newest version
     * @return the files whose rows are not in the index
     */
    List<AddFile> forgetChanged(List<AddFile> live) {
        Map<String, AddFile> livePaths = new HashMap<>();
        live.forEach(file -> livePaths.put(file.path(), file));
        Set<Integer> changed = new HashSet<>();
        for (int number : files.all()) {
            AddFile known = files.file(number);
            AddFile now = livePaths.get(known.path());
            if (now == null || !Objects.equals(now.deletionVector(), known.deletionVector())) {
                changed.add(number);
            }
        }
        if (!changed.isEmpty()) {
            index.removeIf(location -> changed.contains(RowLocation.file(location)));
        }
        changed.forEach(files::remove);
        return live.stream()
                .filter(file -> files.numberOf(file.path()).isEmpty())
                .toList();
    }

    /** Forgets everything: it is read again then. */
    void forgetAll() {
        index = new KeyIndex();
        files.all().forEach(files::remove);
    }

    /** Takes in a row that was found in the table; false if another row has the same key. */
    boolean addFound(long high, long low, int file, int row) {
        return index.put(high, low, new RowLocation(file, RowLocation.UNKNOWN_PARTITION, row).packed())
                == KeyIndex.ABSENT;
    }

    /**
     * Takes over the changes of a micro-batch, and says what a commit must contain for it. If the commit fails, {@link
     * Staged#rollBack()} makes the table what it was.
     *
     * @param reports what the tasks found
     * @param added the data file that each task wrote, if it wrote one
     */
    Staged stage(List<PassReport> reports, Map<Integer, AddFile> added) {
        Staged staged = new Staged(reports);
        if (reports.stream().anyMatch(PassReport::truncated)) {
            staged.truncate();
        }
        for (int report = 0; report < reports.size(); report++) {
            staged.take(
                    report, Optional.ofNullable(added.get(reports.get(report).task())));
            if (staged.movedKey().isPresent()) {
                return staged;
            }
        }
        return staged;
    }

    /**
     * Takes over that rows moved into a new file, in the order of their keys.
     *
     * @param moved the files that they lay in, which are gone
     * @param to the file that they lie in now; none if there were no rows
     */
    void move(KeyHashes keys, Set<Integer> moved, Optional<AddFile> to) {
        checkRowCount(to, keys.size());
        int file = to.map(files::add).orElse(NO_FILE);
        for (int row = 0; row < keys.size(); row++) {
            long was = index.get(keys.high(row), keys.low(row));
            if (was == KeyIndex.ABSENT || !moved.contains(RowLocation.file(was))) {
                throw new IllegalStateException("a row was moved that does not lie in the files " + moved);
            }
            index.put(keys.high(row), keys.low(row), new RowLocation(file, RowLocation.partition(was), row).packed());
        }
        moved.forEach(files::remove);
    }

    /** Changes that the index has and the table does not have yet. */
    final class Staged {
        private final List<PassReport> reports;
        private final KeyIndex indexBefore = index;
        /** Of each report's keys, where the row lay before. */
        private final List<long[]> previous = new ArrayList<>();

        private final Map<Integer, AddFile> newFiles = new LinkedHashMap<>();
        private final List<Integer> truncatedFiles = new ArrayList<>();
        private final Map<Integer, RoaringBitmapArray> deletedRows = new HashMap<>();
        private Optional<MovedKey> movedKey = Optional.empty();
        private long applied;
        private long ignoredDeletes;

        private Staged(List<PassReport> reports) {
            this.reports = reports;
        }

        /** The files that the batch added, by number. */
        Map<Integer, AddFile> newFiles() {
            return newFiles;
        }

        /** The files that a truncation removed. */
        List<Integer> truncatedFiles() {
            return truncatedFiles;
        }

        /** The rows that the batch replaced or deleted, by file. */
        Map<Integer, RoaringBitmapArray> deletedRows() {
            return deletedRows;
        }

        /** If there is one, the batch cannot be applied, and must be rolled back. */
        Optional<MovedKey> movedKey() {
            return movedKey;
        }

        /** The keys whose row was written or deleted. */
        long applied() {
            return applied;
        }

        /** The keys that were deleted but had no row. */
        long ignoredDeletes() {
            return ignoredDeletes;
        }

        private void truncate() {
            truncatedFiles.addAll(files.all());
            index = new KeyIndex();
        }

        private void take(int report, Optional<AddFile> written) {
            ChangedKeys keys = reports.get(report).keys();
            int file = NO_FILE;
            if (written.isPresent()) {
                file = files.reserve();
                newFiles.put(file, written.get());
            }
            long[] was = new long[keys.size()];
            Arrays.fill(was, KeyIndex.ABSENT);
            previous.add(was);
            int row = 0;
            for (int key = 0; key < was.length; key++) {
                long high = keys.high(key);
                long low = keys.low(key);
                if (keys.deleted(key)) {
                    was[key] = index.remove(high, low);
                } else {
                    was[key] = index.put(high, low, new RowLocation(file, keys.partition(key), row++).packed());
                }
                if (was[key] != KeyIndex.ABSENT) {
                    int from = RowLocation.partition(was[key]);
                    if (from != keys.partition(key) && from != RowLocation.UNKNOWN_PARTITION) {
                        movedKey = Optional.of(new MovedKey(high, low, from, keys.partition(key)));
                        previous.set(report, Arrays.copyOf(was, key + 1));
                        return;
                    }
                    deletedRows
                            .computeIfAbsent(RowLocation.file(was[key]), none -> new RoaringBitmapArray())
                            .add(RowLocation.row(was[key]));
                } else if (keys.deleted(key)) {
                    ignoredDeletes++;
                    continue;
                }
                applied++;
            }
            checkRowCount(written, row);
        }

        /** Undoes everything, the last change first. */
        void rollBack() {
            newFiles.keySet().forEach(files::release);
            if (index != indexBefore) {
                index = indexBefore;
                return;
            }
            for (int report = previous.size() - 1; report >= 0; report--) {
                ChangedKeys keys = reports.get(report).keys();
                long[] was = previous.get(report);
                for (int key = was.length - 1; key >= 0; key--) {
                    if (was[key] != KeyIndex.ABSENT) {
                        index.put(keys.high(key), keys.low(key), was[key]);
                    } else {
                        index.remove(keys.high(key), keys.low(key));
                    }
                }
            }
        }
    }

    private static void checkRowCount(Optional<AddFile> written, long keys) {
        long rows = written.map(file -> (Long) file.numLogicalRecords().get()).orElse(0L);
        if (rows != keys) {
            throw new IllegalStateException(
                    "a task wrote " + rows + " rows but reported " + keys + " keys: " + written);
        }
    }
}
