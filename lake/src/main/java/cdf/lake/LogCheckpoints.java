package cdf.lake;

import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import scala.Option;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Writes the checkpoints of tables' logs, from which readers start. One takes as long as many small commits, the first in
 * a process several seconds, so it is written beside the commits and not, as Delta does, in one of them. A checkpoint that
 * fails, or is never written, costs readers time and nothing else.
 */
final class LogCheckpoints implements AutoCloseable {
    private static final long CLOSE_SECONDS = 30;

    private final SparkSession spark;
    private final List<Checkpointed> logs;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(task -> {
        Thread thread = new Thread(task, "cdf-log-checkpoint");
        thread.setDaemon(true);
        return thread;
    });

    LogCheckpoints(SparkSession spark, List<DeltaLog> logs) {
        this.spark = spark;
        this.logs = logs.stream().map(Checkpointed::new).toList();
    }

    /** A transaction whose commit writes no checkpoint. */
    static OptimisticTransaction begin(DeltaLog log) {
        return new WithoutCheckpoint(log);
    }

    /** Writes a checkpoint of the newest version of each table whose last one was the table's interval ago. */
    void afterCommit() {
        logs.forEach(Checkpointed::afterCommit);
    }

    /** A log, and how far its checkpoints are. */
    private final class Checkpointed {
        private final DeltaLog log;
        private final AtomicBoolean writing = new AtomicBoolean();
        private long lastVersion;

        Checkpointed(DeltaLog log) {
            this.log = log;
            this.lastVersion = log.unsafeVolatileSnapshot().checkpointProvider().version();
        }

        private void afterCommit() {
            Snapshot newest = log.unsafeVolatileSnapshot();
            if (newest.version() - lastVersion >= log.checkpointInterval(newest.metadata())
                    && writing.compareAndSet(false, true)) {
                lastVersion = newest.version();
                writer.execute(() -> write(newest));
            }
        }

        private void write(Snapshot version) {
            try {
                SparkSession.setActiveSession(spark);
                log.checkpoint(version, Option.empty()); // which logs what fails, and goes on
            } finally {
                writing.set(false);
            }
        }
    }

    /** Lets a checkpoint that is being written end. */
    @Override
    public void close() {
        writer.shutdown();
        try {
            boolean unused = writer.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * A transaction that never asks for a checkpoint. Delta's own would compute the state of the log in the commit whose
     * version calls for one, even if it did not write it.
     */
    private static final class WithoutCheckpoint extends OptimisticTransaction {
        WithoutCheckpoint(DeltaLog log) {
            super(log, Option.empty(), Option.<Snapshot>empty());
        }

        @Override
        public boolean isCheckpointNeeded(long committedVersion, Snapshot postCommitSnapshot) {
            return false;
        }
    }
}
