package cdf.verify;

import cdf.change.Column;
import cdf.change.TableSchema;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.exceptions.KernelException;
import io.delta.kernel.internal.DeltaLogActionUtils.DeltaAction;
import io.delta.kernel.internal.TableImpl;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.actions.DeletionVectorDescriptor;
import io.delta.kernel.internal.actions.RemoveFile;
import io.delta.kernel.internal.deletionvectors.DeletionVectorUtils;
import io.delta.kernel.internal.fs.Path;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.net.URI;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The table's change data feed from version 0 on, as its log tells it: a version deletes the rows that a deletion vector
 * marks or whose file is removed, and inserts those of a file that is added (Delta protocol, "Add File and Remove File",
 * "Deletion Vectors"). Each deleted row must be there as the feed says it was, and no row may come where there is one. A
 * version that only rearranges the table (a compaction) must leave every row as it was.
 *
 * <p>Each data file is read once; the rows of those that are live are kept. Not thread-safe.
 */
final class FeedReplay {
    private static final int SHOWN = 20;

    private final KernelTable table;
    private final TableSchema schema;
    private final PlainDecoder keys;
    private final RowText text;
    private final Map<String, DataFile> files = new HashMap<>();
    private final Map<Object, List<@Nullable Object>> rows = new HashMap<>();
    private final List<String> differences = new ArrayList<>();
    private long differenceCount;
    private long changes;

    FeedReplay(KernelTable table, TableSchema schema, PlainDecoder keys) {
        this.table = table;
        this.schema = schema;
        this.keys = keys;
        this.text = new RowText(schema);
    }

    /** Is told each version that has been replayed. */
    interface VersionListener {
        /**
         * A version has been replayed.
         *
         * @param recorded the numbers that it recorded of applications, by their identifiers
         * @param deleted the rows that it took away, replaced ones as well; none if it only rearranged the table
         * @param inserted the rows that it brought
         */
        void onVersion(
                long version,
                Map<String, Long> recorded,
                List<List<@Nullable Object>> deleted,
                List<List<@Nullable Object>> inserted);
    }

    /** Replays the versions up to the table's. */
    void read(VersionListener listener) {
        TableImpl log = new TableImpl(table.path(), System::currentTimeMillis);
        try (CloseableIterator<ColumnarBatch> batches = log.getChanges(
                table.engine(), 0, table.version(), Set.of(DeltaAction.ADD, DeltaAction.REMOVE, DeltaAction.TXN))) {
            Version version = new Version(0);
            while (batches.hasNext()) {
                ColumnarBatch batch = batches.next();
                int versionColumn = batch.getSchema().indexOf("version");
                int add = batch.getSchema().indexOf(DeltaAction.ADD.colName);
                int remove = batch.getSchema().indexOf(DeltaAction.REMOVE.colName);
                int recorded = batch.getSchema().indexOf(DeltaAction.TXN.colName);
                try (CloseableIterator<Row> actions = batch.getRows()) {
                    while (actions.hasNext()) {
                        Row action = actions.next();
                        if (action.getLong(versionColumn) != version.number) {
                            apply(version, listener);
                            version = new Version(action.getLong(versionColumn));
                        }
                        if (!action.isNullAt(add)) {
                            version.add(new AddFile(action.getStruct(add)));
                        }
                        if (!action.isNullAt(remove)) {
                            version.remove(new RemoveFile(action.getStruct(remove)));
                        }
                        if (!action.isNullAt(recorded)) {
                            version.record(action.getStruct(recorded));
                        }
                    }
                }
            }
            apply(version, listener);
        } catch (IOException | KernelException failure) {
            throw KernelTable.unreadable(table.path(), failure);
        }
    }

    /** How many rows the feed inserts, and how many it deletes, together. */
    long changes() {
        return changes;
    }

    /** The rows that the feed adds up to, by key. */
    Map<Object, List<@Nullable Object>> rows() {
        return rows;
    }

    /** How often the feed contradicts itself. */
    long differenceCount() {
        return differenceCount;
    }

    /** The first of these, a sentence each. */
    List<String> differences() {
        return differences;
    }

    /** What a version does to the files. */
    private static final class Version {
        private final long number;
        private final Map<String, AddFile> added = new LinkedHashMap<>();
        private final Map<String, RemoveFile> removed = new LinkedHashMap<>();
        private final Map<String, Long> recorded = new HashMap<>();
        private boolean changesRows;

        Version(long number) {
            this.number = number;
        }

        void add(AddFile file) {
            added.put(file.getPath(), file);
            changesRows |= file.getDataChange();
        }

        void remove(RemoveFile file) {
            removed.put(file.getPath(), file);
            changesRows |= file.getDataChange();
        }

        void record(Row transaction) {
            recorded.put(
                    transaction.getString(transaction.getSchema().indexOf("appId")),
                    transaction.getLong(transaction.getSchema().indexOf("version")));
        }

        Set<String> paths() {
            Set<String> paths = new TreeSet<>(added.keySet());
            paths.addAll(removed.keySet());
            return paths;
        }
    }

    /** A file's rows, and which of them are deleted; those are forgotten. */
    private record DataFile(List<@Nullable List<@Nullable Object>> rows, BitSet deleted) {}

    private void apply(Version version, VersionListener listener) throws IOException {
        List<List<@Nullable Object>> deleted = new ArrayList<>();
        List<List<@Nullable Object>> inserted = new ArrayList<>();
        for (String path : version.paths()) {
            DataFile before = files.remove(path);
            AddFile file = version.added.get(path);
            if (file == null) {
                if (before != null) {
                    collect(before, new BitSet(), deleted);
                }
            } else {
                files.put(path, change(file, before, deleted, inserted));
            }
        }
        if (version.changesRows) {
            changes += deleted.size() + inserted.size();
            apply(version.number, deleted, inserted);
            listener.onVersion(version.number, version.recorded, deleted, inserted);
        } else {
            requireSame(version.number, deleted, inserted);
            listener.onVersion(version.number, version.recorded, List.of(), List.of());
        }
    }

    private DataFile change(
            AddFile file,
            @Nullable DataFile before,
            List<List<@Nullable Object>> deleted,
            List<List<@Nullable Object>> inserted)
            throws IOException {
        BitSet nowDeleted = deletedRows(file.getDeletionVector());
        BitSet revived = before == null ? new BitSet() : (BitSet) before.deleted.clone();
        revived.andNot(nowDeleted);
        if (before == null || !revived.isEmpty()) {
            DataFile read = new DataFile(readRows(file), nowDeleted);
            if (before != null) {
                collect(before, new BitSet(), deleted);
            }
            collect(read, nowDeleted, inserted);
            nowDeleted.stream().forEach(row -> read.rows.set(row, null));
            return read;
        }
        BitSet newlyDeleted = (BitSet) nowDeleted.clone();
        newlyDeleted.andNot(before.deleted);
        newlyDeleted.stream().forEach(row -> {
            deleted.add(Objects.requireNonNull(before.rows.get(row)));
            before.rows.set(row, null);
        });
        return new DataFile(before.rows, nowDeleted);
    }

    private static void collect(DataFile file, BitSet without, List<List<@Nullable Object>> into) {
        for (int row = 0; row < file.rows.size(); row++) {
            List<@Nullable Object> values = file.rows.get(row);
            if (values != null && !without.get(row)) {
                into.add(values);
            }
        }
    }

    private void apply(long version, List<List<@Nullable Object>> deleted, List<List<@Nullable Object>> inserted) {
        for (List<@Nullable Object> row : deleted) {
            List<@Nullable Object> was = rows.remove(keys.key(row));
            if (!row.equals(was)) {
                differ("version " + version + " deletes " + text.row(row) + ", but before it "
                        + (was == null ? "there was none" : "that was " + text.row(was)));
            }
        }
        for (List<@Nullable Object> row : inserted) {
            List<@Nullable Object> was = rows.put(keys.key(row), row);
            if (was != null) {
                differ("version " + version + " inserts " + text.row(row) + ", but there was " + text.row(was)
                        + " already");
            }
        }
    }

    private void requireSame(
            long version, List<List<@Nullable Object>> deleted, List<List<@Nullable Object>> inserted) {
        Map<Object, List<@Nullable Object>> moved = new HashMap<>();
        deleted.forEach(row -> moved.put(keys.key(row), row));
        for (List<@Nullable Object> row : inserted) {
            List<@Nullable Object> was = moved.remove(keys.key(row));
            if (!row.equals(was)) {
                differ("version " + version + ", which only rearranges the table, makes " + text.row(row) + " of "
                        + (was == null ? "nothing" : text.row(was)));
            }
        }
        moved.values()
                .forEach(row ->
                        differ("version " + version + ", which only rearranges the table, loses " + text.row(row)));
    }

    private void differ(String difference) {
        differenceCount++;
        if (differences.size() < SHOWN) {
            differences.add(difference);
        }
    }

    private List<@Nullable List<@Nullable Object>> readRows(AddFile file) {
        Path path = new Path(new Path(table.path()), new Path(URI.create(file.getPath())));
        List<@Nullable List<@Nullable Object>> read = new ArrayList<>();
        List<Column> columns = schema.columns();
        table.fileRows(FileStatus.of(path.toString(), file.getSize(), file.getModificationTime()), columns, read::add);
        return read;
    }

    private BitSet deletedRows(Optional<DeletionVectorDescriptor> vector) {
        BitSet deleted = new BitSet();
        if (vector.isPresent()) {
            for (long row : DeletionVectorUtils.loadNewDvAndBitmap(table.engine(), table.path(), vector.get())
                    ._2
                    .toArray()) {
                deleted.set(Math.toIntExact(row));
            }
        }
        return deleted;
    }
}
