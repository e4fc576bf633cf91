package cdf.lake;

import cdf.change.TableSchema;
import io.delta.exceptions.DeltaConcurrentModificationException;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.SetTransaction;
import org.apache.spark.sql.delta.util.FileNames;
import org.apache.spark.sql.streaming.OutputMode;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class QuickTransactionTest {
    private static final TableSchema SCHEMA = TableSchema.parse("id STRING, n INT", "id");

    private static SparkSession spark;

    @TempDir
    private java.nio.file.Path directory;

    private DeltaLog log;

    @BeforeAll
    static void startSpark() {
        spark = TestSpark.forSmallTables();
    }

    @BeforeEach
    void createTable() {
        log = ChangeTables.open(spark, path(), SCHEMA);
    }

    @Test
    void beginsAtWhatAnotherProcessHasCommitted() {
        commit(QuickTransaction.begin(log));
        DeltaLog elsewhere = logOfAnotherProcess();
        commit(QuickTransaction.begin(elsewhere));
        commit(QuickTransaction.begin(elsewhere));

        assertThat(QuickTransaction.begin(log).snapshot().version()).isEqualTo(3);
    }

    @Test
    void doesNotCommitOverWhatAnotherProcessCommitsMeanwhile() {
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        transaction.readTxn().addOne("test");
        commit(QuickTransaction.begin(logOfAnotherProcess()));

        assertThatThrownBy(() -> commit(transaction)).isInstanceOf(DeltaConcurrentModificationException.class);
    }

    @Test
    void doesNotGoOnFromAVersionThatIsGone() throws IOException {
        commit(QuickTransaction.begin(log));
        Files.delete(java.nio.file.Path.of(
                FileNames.unsafeDeltaFile(log.logPath(), 1).toUri()));

        assertThat(QuickTransaction.begin(log).snapshot().version()).isEqualTo(0);
    }

    @Test
    void doesNotTakeAnotherTablesVersionOfTheSameNumberForItsOwn() {
        commit(QuickTransaction.begin(log));
        Snapshot known = log.unsafeVolatileSnapshot();
        Path commit = FileNames.unsafeDeltaFile(log.logPath(), 1);
        assertThat(new File(commit.toUri()).setLastModified(1_000)).isTrue();

        assertThat(QuickTransaction.begin(log).snapshot()).isNotSameAs(known);
    }

    @Test
    void listsTheLogNowAndThenOnlyAndFindsItsCheckpointThen() {
        try (LogCheckpoints checkpoints = new LogCheckpoints(spark, List.of(log))) {
            ChangeTables.set(log, "delta.checkpointInterval", "3");
            while (log.unsafeVolatileSnapshot().version() < 4) {
                commit(QuickTransaction.begin(log));
            }
            checkpoints.afterCommit();
        }
        assertThat(checkpointOf(QuickTransaction.begin(log))).isEqualTo(-1);
        while (log.unsafeVolatileSnapshot().version() < 20) {
            commit(QuickTransaction.begin(log));
        }

        assertThat(checkpointOf(QuickTransaction.begin(log))).isEqualTo(3);
    }

    private static long checkpointOf(OptimisticTransaction transaction) {
        return transaction.snapshot().checkpointProvider().version();
    }

    private static void commit(OptimisticTransaction transaction) {
        List<Action> actions = List.of(new SetTransaction("test", transaction.readVersion() + 1, Option.empty()));
        var unused = transaction.commit(
                CollectionConverters.asScala(actions).toSeq(),
                new DeltaOperations.StreamingUpdate(OutputMode.Append(), "test", 0, Option.empty()));
    }

    /** A log that does not know what is committed by way of the other one. */
    private DeltaLog logOfAnotherProcess() {
        DeltaLog.clearCache();
        return DeltaLog.forTable(spark, path());
    }

    private Path path() {
        return new Path(directory.resolve("users").toUri());
    }
}
