package cdf.lake;

import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.util.FileNames;
import scala.Option;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;

/** A transaction without what takes longer than a small commit itself: to list the log before it, and a checkpoint after it. */
final class QuickTransaction extends OptimisticTransaction {
    /** With every so many versions the log is listed all the same, which is how Delta comes to know of a new checkpoint. */
    private static final int VERSIONS_A_LISTING = 20;

    private QuickTransaction(DeltaLog log, Option<Snapshot> version) {
        super(log, Option.empty(), version);
    }

    /** Begins a transaction at the newest version of a table, whoever committed that. */
    static OptimisticTransaction begin(DeltaLog log) {
        Snapshot known = log.unsafeVolatileSnapshot();
        boolean listing = known.version() % VERSIONS_A_LISTING == 0 || !isNewest(log, known);
        return new QuickTransaction(log, listing ? Option.empty() : Option.apply(known));
    }

    /** Whether the log still has the file of a version as it was, and none of the next. */
    private static boolean isNewest(DeltaLog log, Snapshot version) {
        if (version.version() < 0 || hasCommitsElsewhere(version)) {
            return false;
        }
        try {
            FileSystem files = log.logPath().getFileSystem(log.newDeltaHadoopConf());
            FileStatus newest = files.getFileStatus(commit(log, version.version()));
            return newest.getModificationTime() == version.logSegment().lastCommitFileModificationTimestamp()
                    && !files.exists(commit(log, version.version() + 1));
        } catch (FileNotFoundException gone) {
            return false;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read " + log.logPath(), failure);
        }
    }

    /** Whether a catalog or a coordinator may have commits that are no files of the log yet. */
    private static boolean hasCommitsElsewhere(Snapshot version) {
        return version.isCatalogOwned()
                || version.tableCommitCoordinatorClientOpt().isDefined();
    }

    private static Path commit(DeltaLog log, long version) {
        return FileNames.unsafeDeltaFile(log.logPath(), version);
    }

    /** Never: {@link LogCheckpoints} writes them. Delta would compute the state of the log, even if it did not write it. */
    @Override
    public boolean isCheckpointNeeded(long committedVersion, Snapshot postCommitSnapshot) {
        return false;
    }
}
