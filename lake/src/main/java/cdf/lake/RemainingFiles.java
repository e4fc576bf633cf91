package cdf.lake;

import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.actions.AddCDCFile;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.DeletionVectorDescriptor;
import org.apache.spark.sql.delta.actions.FileAction;
import org.apache.spark.sql.delta.actions.RemoveFile;
import org.apache.spark.sql.delta.util.DeltaFileOperations;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;

/**
 * Which versions of a table can still be read, by the files that are left. The log does not say what a VACUUM deleted, so
 * this looks for every file; only who has missed one asks.
 */
final class RemainingFiles {
    private final DeltaLog log;

    RemainingFiles(DeltaLog log) {
        this.log = log;
    }

    /** The oldest version, if not the given one, from which on no version lacks a row. */
    long oldestWholeVersion(long from) {
        long oldest = from;
        Iterator<LoggedVersion> versions = LoggedVersion.from(log, from + 1);
        while (versions.hasNext()) {
            LoggedVersion version = versions.next();
            // What a version removed, each one before it had.
            if (fileActions(version).stream().anyMatch(file -> file instanceof RemoveFile && isGone(file))) {
                oldest = version.number();
            }
        }
        return oldest;
    }

    /** The oldest version, if not the given one, from which on no version lacks a change. */
    long oldestChanges(long from) {
        long oldest = from;
        Iterator<LoggedVersion> versions = LoggedVersion.from(log, from);
        while (versions.hasNext()) {
            LoggedVersion version = versions.next();
            if (changes(fileActions(version)).stream().anyMatch(this::isGone)) {
                oldest = version.number() + 1;
            }
        }
        return oldest;
    }

    private static List<FileAction> fileActions(LoggedVersion version) {
        return version.actions().stream()
                .filter(FileAction.class::isInstance)
                .map(FileAction.class::cast)
                .toList();
    }

    /** What the change data feed reads of a commit: files of changes if it has any, else those of rows. */
    private static List<FileAction> changes(List<FileAction> actions) {
        List<FileAction> ofChanges =
                actions.stream().filter(AddCDCFile.class::isInstance).toList();
        return ofChanges.isEmpty()
                ? actions.stream().filter(FileAction::dataChange).toList()
                : ofChanges;
    }

    private boolean isGone(FileAction file) {
        DeletionVectorDescriptor deleted = deletionVector(file);
        return !exists(DeltaFileOperations.absolutePath(log.dataPath().toString(), file.path()))
                || (deleted != null && deleted.isOnDisk() && !exists(deleted.absolutePath(log.dataPath())));
    }

    private static @Nullable DeletionVectorDescriptor deletionVector(FileAction file) {
        if (file instanceof AddFile added) {
            return added.deletionVector();
        }
        return file instanceof RemoveFile removed ? removed.deletionVector() : null;
    }

    private boolean exists(Path path) {
        try {
            FileSystem files = path.getFileSystem(log.newDeltaHadoopConf());
            return files.exists(path);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot see whether there is " + path, failure);
        }
    }
}
