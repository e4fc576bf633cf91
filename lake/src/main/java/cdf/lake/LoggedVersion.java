package cdf.lake;

import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddCDCFile;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.CommitInfo;
import org.apache.spark.sql.delta.actions.DeletionVectorDescriptor;
import org.apache.spark.sql.delta.actions.RemoveFile;
import org.apache.spark.sql.delta.commands.cdc.CDCReader$;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;
import scala.jdk.javaapi.OptionConverters;

import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/** A version of a table as its log has it. */
record LoggedVersion(long number, List<Action> actions) {
    /** A file whose rows are marked otherwise than in the version before. */
    record MarkedFile(RemoveFile before, AddFile after) {
        /** About how many rows are marked otherwise: exact unless some came back. */
        long rows() {
            return Math.abs(cardinality(after.deletionVector()) - cardinality(before.deletionVector()));
        }

        private static long cardinality(@Nullable DeletionVectorDescriptor marks) {
            return marks == null ? 0 : marks.cardinality();
        }
    }

    static LoggedVersion of(Tuple2<Object, Seq<Action>> version) {
        return new LoggedVersion((Long) version._1(), CollectionConverters.asJava(version._2()));
    }

    /** The versions from one on, as far as there are any. */
    static Iterator<LoggedVersion> from(DeltaLog log, long first) {
        return CollectionConverters.asJava(
                log.getChanges(first, Option.empty(), false).map(LoggedVersion::of));
    }

    /** Whether it is what the transaction committed. */
    boolean isOf(OptimisticTransaction transaction) {
        return info().flatMap(info -> OptionConverters.toJava(info.txnId())).equals(Optional.of(transaction.txnId()));
    }

    /** The files in which the change data feed has rows for being marked, and no others of the same file. */
    List<MarkedFile> markedFiles() {
        if (all(AddCDCFile.class).findAny().isPresent()
                || info().filter(CDCReader$.MODULE$::shouldSkipFileActionsInCommit)
                        .isPresent()) {
            return List.of();
        }
        Map<String, RemoveFile> removed = new HashMap<>();
        all(RemoveFile.class).filter(RemoveFile::dataChange).forEach(file -> removed.put(file.path(), file));
        List<MarkedFile> marked = new ArrayList<>();
        all(AddFile.class).filter(AddFile::dataChange).forEach(after -> {
            RemoveFile before = removed.get(after.path());
            if (before != null) {
                marked.add(new MarkedFile(before, after));
            }
        });
        return marked;
    }

    /** About how many rows are marked otherwise than before. */
    long markedRows() {
        return markedFiles().stream().mapToLong(MarkedFile::rows).sum();
    }

    /** When it was committed, if the log says so: else the time of the log's file tells (Delta protocol, "In-Commit Timestamps"). */
    Optional<Timestamp> timestamp() {
        return info().flatMap(info -> OptionConverters.toJava(info.inCommitTimestamp()))
                .map(millis -> new Timestamp((Long) millis));
    }

    private Optional<CommitInfo> info() {
        return all(CommitInfo.class).findFirst();
    }

    private <T extends Action> Stream<T> all(Class<T> kind) {
        return actions.stream().filter(kind::isInstance).map(kind::cast);
    }
}
