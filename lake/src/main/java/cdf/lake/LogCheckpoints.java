package cdf.lake;

import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
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

    /** Writes a checkpoint of each table whose last one was the table's interval ago. */
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
            // Not of the newest: the commit that replaces that one would wait for all that is computed of it.
            long version = newest.version() - 1;
            if (version - lastVersion >= log.checkpointInterval(newest.metadata())
                    && writing.compareAndSet(false, true)) {
                lastVersion = version;
                writer.execute(() -> write(version));
            }
        }

        private void write(long number) {
            try {
                SparkSession.setActiveSession(spark);
                Snapshot version = log.getSnapshotAt(number, Option.empty(), Option.empty(), false);
                try {
                    log.checkpoint(version, Option.empty()); // which logs what fails, and goes on
                } finally {
                    version.uncache();
                }
            } catch (Exception failure) { // Delta throws checked exceptions, too, without declaring them.
                // As if it had not been written: the next is due an interval later.
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
}
