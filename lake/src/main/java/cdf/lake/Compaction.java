package cdf.lake;

import cdf.change.TableSchema;
import io.delta.exceptions.DeltaConcurrentModificationException;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import scala.jdk.javaapi.CollectionConverters;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/** Merges files that are small or have few rows left; readers see no difference. */
final class Compaction {
    private final SparkSession spark;
    private final DeltaLog log;
    private final IndexedTable table;
    private final DriverWriter driver;
    private final Consumer<ApplyStep> steps;

    /** What was merged, and the version of the table that has it. */
    record Merged(CompactedFiles files, long version) {}

    Compaction(SparkSession spark, DeltaLog log, IndexedTable table, DriverWriter driver, Consumer<ApplyStep> steps) {
        this.spark = spark;
        this.log = log;
        this.table = table;
        this.driver = driver;
        this.steps = steps;
    }

    /**
     * Merges files when it is time to. Where somebody else commits at the same time it lets that go first: the next batch
     * catches up with it.
     *
     * @param indexedVersion the version that the index is of
     * @param busy whether changes wait to be applied
     */
    Optional<Merged> run(TableSchema schema, long indexedVersion, boolean busy) {
        Set<Integer> numbers =
                new HashSet<>(CompactionPlan.filesToMerge(table.files().sizes(), busy));
        if (numbers.isEmpty()) {
            return Optional.empty();
        }
        long begin = System.nanoTime();
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        // Where somebody else has changed the key's columns, the index cannot be told where its rows come to lie.
        if (transaction.snapshot().version() != indexedVersion
                || !TableColumns.haveTheKey(transaction.snapshot().schema(), schema)) {
            return Optional.empty();
        }
        List<DriverReader.Source> files = numbers.stream()
                .map(number -> new DriverReader.Source(
                        table.files().file(number), table.files().deletedRows(number)))
                .toList();
        MovePass pass = new MovePass(spark, log, schema, driver);
        Optional<AddFile> merged = pass.write(transaction, files);
        steps.accept(ApplyStep.COMPACTED_FILES_WRITTEN);
        List<Action> actions = new ArrayList<>();
        files.forEach(each -> actions.add(each.file().removeWithTimestamp(System.currentTimeMillis(), false)));
        merged.ifPresent(actions::add);
        long version;
        try {
            version = transaction.commit(CollectionConverters.asScala(actions).toSeq(), MovePass.operation());
        } catch (DeltaConcurrentModificationException conflict) {
            return Optional.empty();
        }
        steps.accept(ApplyStep.COMPACTION_COMMITTED);
        table.move(pass.keys(), numbers, merged);
        Duration took = Duration.ofNanos(System.nanoTime() - begin);
        return Optional.of(
                new Merged(new CompactedFiles(files.size(), pass.keys().size(), took), version));
    }
}
