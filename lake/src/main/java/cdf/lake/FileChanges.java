package cdf.lake;

import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.DeletionVectorDescriptor;
import org.apache.spark.sql.delta.actions.RemoveFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import scala.Tuple2;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a batch does to the table's data files. */
final class FileChanges {
    private final DataFiles files;
    private final Map<Integer, AddFile> added;
    private final List<Integer> truncated;
    private final List<Shrunk> shrunk;

    /** A file that loses rows: without {@code after} it has none left. */
    private record Shrunk(int number, RemoveFile before, Optional<AddFile> after, RoaringBitmapArray deleted) {}

    private FileChanges(DataFiles files, Map<Integer, AddFile> added, List<Integer> truncated, List<Shrunk> shrunk) {
        this.files = files;
        this.added = added;
        this.truncated = truncated;
        this.shrunk = shrunk;
    }

    /** Writes the deletion vectors of what a batch deletes. */
    static FileChanges write(IndexedTable.Staged staged, DataFiles files, DeletionVectors deletionVectors) {
        return new FileChanges(
                files,
                withoutLateRows(staged, deletionVectors),
                staged.truncatedFiles(),
                shrunk(staged, files, deletionVectors));
    }

    /** The files that the batch added: rows that were late when they were written are deleted in them. */
    private static Map<Integer, AddFile> withoutLateRows(IndexedTable.Staged staged, DeletionVectors deletionVectors) {
        Map<Integer, AddFile> added = new LinkedHashMap<>(staged.newFiles());
        deletionVectors
                .write(staged.lateRows())
                .forEach((number, late) ->
                        added.computeIfPresent(number, (same, file) -> file.removeRows(late, true, true)
                                ._1()));
        return added;
    }

    private static List<Shrunk> shrunk(IndexedTable.Staged staged, DataFiles files, DeletionVectors deletionVectors) {
        Map<Integer, RoaringBitmapArray> deletedRows = new HashMap<>();
        List<Shrunk> shrunk = new ArrayList<>();
        staged.deletedRows().forEach((number, newlyDeleted) -> {
            AddFile file = files.file(number);
            RoaringBitmapArray deleted = files.deletedRows(number).copy();
            deleted.merge(newlyDeleted);
            if (deleted.cardinality() == DataFiles.physicalRows(file)) {
                shrunk.add(new Shrunk(number, file.remove(), Optional.empty(), deleted));
            } else {
                deletedRows.put(number, deleted);
            }
        });
        Map<Integer, DeletionVectorDescriptor> descriptors = deletionVectors.write(deletedRows);
        deletedRows.forEach((number, deleted) -> {
            Tuple2<AddFile, RemoveFile> change = files.file(number).removeRows(descriptors.get(number), true, true);
            shrunk.add(new Shrunk(number, change._2(), Optional.of(change._1()), deleted));
        });
        return shrunk;
    }

    /** The commit's actions; more may be added to them. */
    List<Action> actions() {
        List<Action> actions = new ArrayList<>(added.values());
        truncated.forEach(number -> actions.add(files.file(number).remove()));
        for (Shrunk file : shrunk) {
            actions.add(file.before());
            file.after().ifPresent(actions::add);
        }
        return actions;
    }

    /** Changes what is known of the files, after the commit. */
    void takeOver() {
        for (Shrunk file : shrunk) {
            file.after()
                    .ifPresentOrElse(
                            after -> files.replace(file.number(), after, file.deleted()),
                            () -> files.remove(file.number()));
        }
        truncated.forEach(files::remove);
        added.forEach(files::put);
    }
}
