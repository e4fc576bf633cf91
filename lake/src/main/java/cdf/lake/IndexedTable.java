package cdf.lake;

import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * One version of the table as the applier knows it: its data files, and where the row of every key lies; if changes have a
 * sequence, also the number of every key's newest change, deleted keys included. Nothing durable depends on it; it can be
 * made from the table, and its tombstones, at any time.
 *
 * <p>Not thread-safe.
 */
final class IndexedTable {
    private final DataFiles files;
    private KeyIndex index = new KeyIndex();

    /** Of each row and each tombstone the number of the change; null if the order of changes is the topic's. */
    private @Nullable KeyIndex sequences;

    /** The file of a task that wrote none: no row can lie in it. */
    private static final int NO_FILE = -1;

    /** @param sequenced whether changes are ordered by their numbers */
    IndexedTable(DataFiles files, boolean sequenced) {
        this.files = files;
        this.sequences = sequenced ? new KeyIndex() : null;
    }

    DataFiles files() {
        return files;
    }

    long rows() {
        return index.size();
    }

    long indexBytes() {
        return index.memoryBytes() + (sequences == null ? 0 : sequences.memoryBytes());
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
        forgetRows();
        files.all().forEach(files::remove);
    }

    private void forgetRows() {
        index = new KeyIndex();
        if (sequences != null) {
            sequences = new KeyIndex();
        }
    }

    /**
     * Takes in a row that was found in the table; false if another row has the same key.
     *
     * @param sequence the number of its last change, or {@link KeyIndex#ABSENT}
     */
    boolean addFound(long high, long low, int file, int row, long sequence) {
        if (sequences != null && sequence != KeyIndex.ABSENT) {
            sequences.put(high, low, sequence);
        }
        return index.put(high, low, new RowLocation(file, RowLocation.UNKNOWN_PARTITION, row).packed())
                == KeyIndex.ABSENT;
    }

    /** Whether there is a row of a key. */
    boolean has(long high, long low) {
        return index.get(high, low) != KeyIndex.ABSENT;
    }

    /** The number of a key's newest change, {@link KeyIndex#ABSENT} if none is known or the order is the topic's. */
    long sequence(long high, long low) {
        return sequences == null ? KeyIndex.ABSENT : sequences.get(high, low);
    }

    /** Takes in the number of a delete, unless the key has a row again or there is a newer one. */
    void addTombstone(long high, long low, long sequence) {
        if (sequences != null && index.get(high, low) == KeyIndex.ABSENT && sequences.get(high, low) < sequence) {
            sequences.put(high, low, sequence);
        }
    }

    /** Forgets the number of a delete, unless the key has a row again or there is a newer one. */
    void removeTombstone(long high, long low, long sequence) {
        if (sequences != null && index.get(high, low) == KeyIndex.ABSENT && sequences.get(high, low) == sequence) {
            sequences.remove(high, low);
        }
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
        private final @Nullable KeyIndex sequencesBefore = sequences;
        /** Of each report's keys, where the row lay before. */
        private final List<long[]> previous = new ArrayList<>();

        /** Of each report's keys, the number of its newest change before; nothing if the order is the topic's. */
        private final List<long[]> previousSequences = new ArrayList<>();

        private final Map<Integer, AddFile> newFiles = new LinkedHashMap<>();
        private final List<Integer> truncatedFiles = new ArrayList<>();
        private final RowSets deletedRows = new RowSets();
        private final Map<Integer, RoaringBitmapArray> lateRows = new HashMap<>();
        private final List<IncompleteRow> incomplete = new ArrayList<>();
        private Optional<MovedKey> movedKey = Optional.empty();
        private long applied;
        private long ignoredDeletes;
        private long late;
        private boolean hasTombstones;

        private Staged(List<PassReport> reports) {
            this.reports = reports;
        }

        /** The files that the batch added, by number; those of which no row counts are left out. */
        Map<Integer, AddFile> newFiles() {
            return newFiles;
        }

        /** The files that a truncation removed. */
        List<Integer> truncatedFiles() {
            return truncatedFiles;
        }

        /** The rows that the batch replaced or deleted, by file. */
        Map<Integer, RoaringBitmapArray> deletedRows() {
            return deletedRows.byFile();
        }

        /** The rows of the {@link #newFiles} that are void: late when they were written, or written again; by file. */
        Map<Integer, RoaringBitmapArray> lateRows() {
            return lateRows;
        }

        /** The rows of the {@link #newFiles} that lack values: {@link #complete} them. */
        List<IncompleteRow> incomplete() {
            return incomplete;
        }

        /**
         * Takes over that the incomplete rows were written again, whole: those in the {@link #newFiles} are void then.
         *
         * @param whole the files that have the rows, one after the other
         */
        void complete(List<AddFile> whole) {
            Iterator<IncompleteRow> rows = incomplete.iterator();
            for (AddFile added : whole) {
                int file = files.reserve();
                newFiles.put(file, added);
                long count = DataFiles.physicalRows(added);
                for (int row = 0; row < count; row++) {
                    IncompleteRow was = rows.next();
                    index.put(was.high(), was.low(), new RowLocation(file, was.partition(), row).packed());
                    lateRows.computeIfAbsent(was.file(), none -> new RoaringBitmapArray())
                            .add(was.row());
                }
            }
            if (rows.hasNext()) {
                throw new IllegalStateException("not all rows were completed: " + incomplete.size() + ", " + whole);
            }
            incomplete.stream().map(IncompleteRow::file).distinct().toList().forEach(this::leaveOutIfVoid);
        }

        /** Leaves out a file of which no row counts. */
        private void leaveOutIfVoid(int file) {
            AddFile written = newFiles.get(file);
            RoaringBitmapArray rows = lateRows.get(file);
            if (written != null && rows != null && rows.cardinality() == DataFiles.physicalRows(written)) {
                newFiles.remove(file);
                lateRows.remove(file);
                files.release(file);
            }
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

        /** The keys whose change has a number that is not above the one that the table knows. */
        long late() {
            return late;
        }

        /** Whether the table lost all its rows, and all tombstones, at first. */
        boolean truncated() {
            return index != indexBefore;
        }

        /** Whether the batch deleted keys, in the way of {@link #tombstones}. */
        boolean hasTombstones() {
            return hasTombstones;
        }

        /** The keys that the batch deleted, whether there was a row or not, if changes have a sequence. */
        Stream<Tombstone> tombstones() {
            return IntStream.range(0, previousSequences.size()).boxed().flatMap(report -> {
                ChangedKeys keys = reports.get(report).keys();
                long[] before = previousSequences.get(report);
                return IntStream.range(0, before.length)
                        .filter(key -> keys.deleted(key) && before[key] < keys.sequence(key))
                        .mapToObj(key -> new Tombstone(keys.high(key), keys.low(key), keys.sequence(key)));
            });
        }

        private void truncate() {
            truncatedFiles.addAll(files.all());
            forgetRows();
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
            long[] wasSequence = new long[sequences == null ? 0 : was.length];
            Arrays.fill(wasSequence, KeyIndex.ABSENT);
            previousSequences.add(wasSequence);
            RoaringBitmapArray lateHere = new RoaringBitmapArray();
            Map<Integer, BitSet> missing = reports.get(report).partialUpdates().rows().stream()
                    .collect(Collectors.toMap(PartialUpdates.Row::key, PartialUpdates.Row::missing));
            int row = 0;
            for (int key = 0; key < was.length; key++) {
                if (key % KeyIndex.FETCHED_AHEAD == 0) {
                    index.fetch(keys, key);
                    if (sequences != null) {
                        sequences.fetch(keys, key);
                    }
                }
                long high = keys.high(key);
                long low = keys.low(key);
                if (sequences != null && isLate(keys, key, sequences, wasSequence)) {
                    was[key] = index.get(high, low);
                    if (!keys.deleted(key)) {
                        lateHere.add(row++);
                    }
                    continue;
                }
                if (keys.deleted(key)) {
                    was[key] = index.remove(high, low);
                } else {
                    was[key] = index.put(high, low, new RowLocation(file, keys.partition(key), row++).packed());
                }
                BitSet lacks = missing.isEmpty() ? null : missing.get(key);
                if (lacks != null && was[key] == KeyIndex.ABSENT) {
                    throw new IllegalStateException("an update needs a row that is not there");
                }
                if (lacks != null) {
                    incomplete.add(new IncompleteRow(high, low, keys.partition(key), file, row - 1, was[key], lacks));
                }
                if (was[key] != KeyIndex.ABSENT) {
                    int from = RowLocation.partition(was[key]);
                    if (from != keys.partition(key) && from != RowLocation.UNKNOWN_PARTITION) {
                        movedKey = Optional.of(new MovedKey(high, low, from, keys.partition(key)));
                        previous.set(report, Arrays.copyOf(was, key + 1));
                        previousSequences.set(
                                report, Arrays.copyOf(wasSequence, Math.min(wasSequence.length, key + 1)));
                        return;
                    }
                    deletedRows.add(RowLocation.file(was[key]), RowLocation.row(was[key]));
                } else if (keys.deleted(key)) {
                    ignoredDeletes++;
                    continue;
                }
                applied++;
            }
            checkRowCount(written, row);
            leaveOut(lateHere, file);
        }

        /** Whether the table knows a change of a key that is as new or newer; if not, takes the number over. */
        private boolean isLate(ChangedKeys keys, int key, KeyIndex newest, long[] wasSequence) {
            wasSequence[key] = newest.get(keys.high(key), keys.low(key));
            if (keys.sequence(key) <= wasSequence[key]) {
                late++;
                return true;
            }
            newest.put(keys.high(key), keys.low(key), keys.sequence(key));
            hasTombstones |= keys.deleted(key);
            return false;
        }

        /** A file of late rows alone does not get into the table, one of some gets there with these deleted. */
        private void leaveOut(RoaringBitmapArray rows, int file) {
            if (!rows.isEmpty()) {
                lateRows.put(file, rows);
                leaveOutIfVoid(file);
            }
        }

        /** Undoes everything, the last change first. */
        void rollBack() {
            newFiles.keySet().forEach(files::release);
            if (truncated()) {
                index = indexBefore;
                sequences = sequencesBefore;
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
                rollBack(keys, previousSequences.get(report));
            }
        }

        private void rollBack(ChangedKeys keys, long[] wasSequence) {
            if (sequences == null) {
                return;
            }
            for (int key = wasSequence.length - 1; key >= 0; key--) {
                if (wasSequence[key] != KeyIndex.ABSENT) {
                    sequences.put(keys.high(key), keys.low(key), wasSequence[key]);
                } else {
                    sequences.remove(keys.high(key), keys.low(key));
                }
            }
        }
    }

    /** A key's hash, and the number of its delete. */
    record Tombstone(long high, long low, long sequence) {}

    private static void checkRowCount(Optional<AddFile> written, long keys) {
        long rows = written.map(file -> (Long) file.numLogicalRecords().get()).orElse(0L);
        if (rows != keys) {
            throw new IllegalStateException(
                    "a task wrote " + rows + " rows but reported " + keys + " keys: " + written);
        }
    }
}
