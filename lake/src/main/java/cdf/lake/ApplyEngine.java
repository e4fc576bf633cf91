package cdf.lake;

import cdf.change.CdfException;
import cdf.change.SchemaChange;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import cdf.kafka.TopicContents;
import io.delta.exceptions.ConcurrentTransactionException;
import io.delta.exceptions.DeltaConcurrentModificationException;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.streaming.OutputMode;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

/**
 * Applies micro-batches of a topic to a Delta table, each in one commit, in time proportional to the batch and not to
 * the table. A batch's new rows are written in the pass that reads it; its old rows are found in the index of keys and
 * marked in deletion vectors; the topic's positions are part of the commit. Used by one thread.
 */
final class ApplyEngine {
    /** How often a batch is applied again because somebody else changed the table meanwhile. */
    private static final int ATTEMPTS = 10;

    private final SparkSession spark;
    private final DeltaLog log;
    private final String topic;
    private final Positions positions;
    private final DriverWriter driverWriter;
    private final DeletionVectors deletionVectors;
    private final IndexedTable table;
    private final Optional<SequencePath> sequenceBy;
    private final Optional<Tombstones> tombstones;
    private final DeadLetters deadLetters;
    private final Compaction compaction;
    private final ApplyFailures failures;
    private final IndexingListener listener;
    private final Consumer<ApplyStep> steps;

    /** Whether the table follows the schemas of its events. */
    private final boolean learning;

    private TableSchema schema;

    /** The version that {@link #table} is of, -1 for none. */
    private long indexedVersion = -1;

    /** The positions that we go on from: if the table has others by then, somebody else applies the topic, too. */
    private Map<Integer, Long> recorded;

    /** Where to begin in the topic as long as nothing is recorded. */
    private Map<Integer, Long> beginning = Map.of();

    /** An engine that applies changes in the order of the topic. */
    ApplyEngine(
            SparkSession spark,
            DeltaLog log,
            TableSchema schema,
            String topic,
            IndexingListener listener,
            Consumer<ApplyStep> steps) {
        this(spark, log, schema, topic, Optional.empty(), listener, steps);
    }

    /** @param sequencing how changes are ordered, if not by the topic */
    ApplyEngine(
            SparkSession spark,
            DeltaLog log,
            TableSchema schema,
            String topic,
            Optional<Sequencing> sequencing,
            IndexingListener listener,
            Consumer<ApplyStep> steps) {
        this.steps = steps;
        this.spark = spark;
        // Each task writes one file, in the order in which it reports its rows.
        spark.conf().set("spark.databricks.delta.optimizeWrite.enabled", false);
        spark.conf().set("spark.sql.files.maxRecordsPerFile", 0);
        this.log = log;
        this.schema = schema;
        this.topic = topic;
        this.listener = listener;
        this.positions = new Positions(topic);
        this.driverWriter = new DriverWriter(spark, log);
        this.deletionVectors = new DeletionVectors(log.dataPath(), log.newDeltaHadoopConf());
        this.sequenceBy = sequencing.map(Sequencing::path);
        this.tombstones =
                sequencing.map(order -> new Tombstones(spark, log.dataPath(), order.tombstoneRetention(), steps));
        this.table = new IndexedTable(new DataFiles(deletionVectors), sequenceBy.isPresent());
        this.deadLetters = new DeadLetters(spark, log, topic, steps);
        this.compaction = new Compaction(spark, log, table, driverWriter, steps);
        this.failures = new ApplyFailures(log.dataPath(), topic);
        Snapshot snapshot = refreshed();
        this.learning = ChangeTables.isLearned(snapshot);
        this.recorded = positions.of(snapshot);
    }

    /** Where to go on in the topic: of each partition the offset of the next record to apply, 0 where there is none. */
    Map<Integer, Long> positions() {
        return recorded.isEmpty() ? beginning : Map.copyOf(recorded);
    }

    /** The rows of the table; if the index is not of its newest version, it takes a job of Spark's to tell. */
    long rows() {
        return indexedVersion < 0
                ? spark.read().format("delta").load(log.dataPath().toString()).count()
                : table.rows();
    }

    /** The newest version of the table that we know. */
    long tableVersion() {
        return log.unsafeVolatileSnapshot().version();
    }

    /** The logs of the tables that batches are committed to, but for the dead letters, which are tidied up. */
    List<DeltaLog> logs() {
        return Stream.concat(Stream.of(log), tombstones.map(Tombstones::log).stream())
                .toList();
    }

    /** The memory that the index of keys takes. */
    long indexBytes() {
        return table.indexBytes();
    }

    /** Reads the keys of the whole table, unless that is done. */
    void buildIndex() {
        Snapshot newest = refreshed();
        if (newest.version() != indexedVersion) {
            catchUp(newest);
        }
    }

    /**
     * Makes sure that the table can go on with the topic where it stopped, and builds the index; a table that has nothing
     * of the topic begins where the topic does.
     *
     * @throws CdfException if the topic does not have what comes next, or the dead letters are another table's
     */
    void goOnWith(TopicContents contents) {
        deadLetters.requireOwn();
        recorded = positions.of(refreshed());
        new TopicBinding(log, topic).check(recorded, contents);
        beginning = contents.beginningOffsets();
        buildIndex();
    }

    /**
     * Applies one micro-batch in one commit, or nothing of it. Where events come that the table cannot hold as it is, it
     * applies what is before them, changes the table, and goes on with the rest.
     *
     * @param batch Kafka records as Spark's source has them, a partition of the topic whole in one of its own
     * @throws CdfException also where the table cannot become what events need: what is before them is applied then
     */
    AppliedBatch applyBatch(Dataset<Row> batch) {
        Part part = applyPart(batch);
        AppliedBatch applied = part.applied();
        while (!part.otherSchemas().isEmpty()) {
            evolve(part.otherSchemas());
            part = applyPart(batch);
            applied = applied.and(part.applied());
        }
        return applied;
    }

    /** What was applied of a batch, and where it was not read on because the table must change first. */
    private record Part(AppliedBatch applied, List<OtherSchema> otherSchemas) {}

    /** Gives the table the schema that it needs for what comes next. */
    private void evolve(List<OtherSchema> otherSchemas) {
        TableSchema evolved = schema;
        for (OtherSchema other : otherSchemas) {
            SchemaChange change = other.schema().change(evolved);
            if (change instanceof SchemaChange.Evolved next) {
                evolved = next.schema();
            } else if (change instanceof SchemaChange.Impossible impossible) {
                throw failures.cannotFollow(other, impossible.reason());
            }
        }
        try {
            if (!SchemaEvolution.commit(log, schema, evolved, sequenceBy.isPresent())) {
                throw failures.schemaChangedByOther(null);
            }
        } catch (DeltaConcurrentModificationException conflict) {
            throw failures.schemaChangedByOther(conflict);
        }
        schema = evolved;
        steps.accept(ApplyStep.SCHEMA_COMMITTED);
    }

    private Part applyPart(Dataset<Row> batch) {
        for (int attempt = 1; ; attempt++) {
            try {
                return tryPart(batch);
            } catch (ConcurrentTransactionException other) {
                throw failures.anotherApplier(other);
            } catch (DeltaConcurrentModificationException conflict) {
                if (attempt == ATTEMPTS) {
                    throw failures.changedAllTheTime(conflict);
                }
            }
        }
    }

    private Part tryPart(Dataset<Row> batch) {
        Stages stages = new Stages();
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        Snapshot snapshot = transaction.snapshot();
        if (snapshot.version() != indexedVersion) {
            catchUp(snapshot);
        }
        stages.end("catch up");

        steps.accept(ApplyStep.BATCH_STARTED);
        Map<Integer, Long> from = positions();
        Passed passed = pass(transaction, batch, from);
        ChangePass pass = passed.pass();
        List<PassReport> reports = pass.reports();
        stages.end("read, decode, write");
        steps.accept(ApplyStep.FILES_WRITTEN);
        Map<Integer, Long> nextOffsets = nextOffsets(from, reports);
        refuseUnknownOrder(pass, reports, nextOffsets);

        deadLetters.append(reports, nextOffsets, pass::rejected);
        stages.end("dead letters");

        IndexedTable.Staged staged = table.stage(reports, passed.written());
        boolean committed = false;
        try {
            stages.end("index");
            staged.movedKey().ifPresent(moved -> {
                throw failures.movedKey(pass.keyText(moved), moved);
            });
            if (!staged.incomplete().isEmpty()) {
                complete(transaction, staged);
                stages.end("complete");
            }
            Accounting accounting = account(reports, staged);
            FileChanges changes = FileChanges.write(staged, table.files(), deletionVectors);
            stages.end("deletion vectors");
            if (!nextOffsets.equals(from)) {
                List<Action> actions = changes.actions();
                actions.addAll(positions.record(nextOffsets));
                actions.addAll(positions.record(positions.accounts(snapshot).plus(accounting)));
                positions.guard(transaction, nextOffsets.keySet());
                Optional<Tombstones.Written> deleted = tombstones.flatMap(all -> all.append(staged, table));
                deleted.ifPresent(version -> version.addTo(transaction, actions));
                stages.end("tombstones");
                long version = commit(transaction, actions, operation(accounting));
                committed = true;
                steps.accept(ApplyStep.COMMITTED);
                tombstones.ifPresent(all -> deleted.ifPresent(all::believe));
                changes.takeOver();
                recorded = nextOffsets;
                indexedVersion = version == snapshot.version() + 1 ? version : -1;
            }
            stages.end("commit");
            AppliedBatch applied = new AppliedBatch(
                    tableVersion(), accounting, rows(), positions(), stages.times(), RejectedEvent.newest(reports));
            return new Part(
                    applied,
                    reports.stream()
                            .flatMap(report -> report.otherSchemas().stream())
                            .toList());
        } finally {
            if (!committed) {
                staged.rollBack();
            }
        }
    }

    /** What the tasks found, and the files that they wrote. */
    private record Passed(ChangePass pass, Map<Integer, AddFile> written) {}

    /** Passes the batch, again if it turns out that something of the table must be known for it. */
    private Passed pass(OptimisticTransaction transaction, Dataset<Row> batch, Map<Integer, Long> from) {
        Foreknowledge known = Foreknowledge.NONE;
        while (true) {
            ChangePass pass = new ChangePass(spark, schema, sequenceBy, learning, batch, from, known);
            Map<Integer, AddFile> written = pass.write(transaction, driverWriter);
            Foreknowledge needed = known.and(
                    pass.reports().stream().map(PassReport::partialUpdates).toList(), table);
            if (needed.equals(known)) {
                return new Passed(pass, written);
            }
            WrittenFiles.discard(log, written.values());
            known = needed;
        }
    }

    /** Writes the rows whose events did not have all values again, with those that the table has. */
    private void complete(OptimisticTransaction transaction, IndexedTable.Staged staged) {
        CompletionPass pass = new CompletionPass(spark, log, schema, sequenceBy.isPresent());
        staged.complete(pass.write(transaction, staged.incomplete(), number -> Optional.ofNullable(
                        staged.newFiles().get(number))
                .orElseGet(() -> table.files().file(number))));
    }

    /** Commits, and does not take a failure after the commit for a failed commit. */
    private long commit(OptimisticTransaction transaction, List<Action> actions, DeltaOperations.Operation operation) {
        try {
            return transaction.commit(CollectionConverters.asScala(actions).toSeq(), operation);
        } catch (DeltaConcurrentModificationException conflict) {
            throw conflict;
        } catch (Exception failure) { // Delta throws checked exceptions, too, without declaring them.
            refreshed();
            Iterator<LoggedVersion> since = LoggedVersion.from(log, transaction.readVersion() + 1);
            while (since.hasNext()) {
                LoggedVersion version = since.next();
                if (version.isOf(transaction)) {
                    return version.number();
                }
            }
            throw failure;
        }
    }

    /**
     * Merges files that are small or have few rows left, when it is time to; readers see no difference.
     *
     * @param busy whether changes wait to be applied
     */
    Optional<CompactedFiles> compact(boolean busy) {
        deadLetters.tidyUp();
        Optional<Compaction.Merged> merged = compaction.run(schema, indexedVersion, busy);
        merged.ifPresent(done -> indexedVersion = done.version() == indexedVersion + 1 ? done.version() : -1);
        return merged.map(Compaction.Merged::files);
    }

    /** Brings the index to the snapshot's version, which is where we are, reading only files that it does not know. */
    private void catchUp(Snapshot snapshot) {
        if (!positions.of(snapshot).equals(recorded)) {
            throw failures.anotherApplier(null);
        }
        indexedVersion = -1;
        boolean complete = false;
        boolean otherTombstones =
                tombstones.filter(known -> !known.areOf(snapshot)).isPresent();
        try {
            if (otherTombstones) {
                table.forgetAll();
            }
            List<AddFile> unknown = table.forgetChanged(DataFiles.of(snapshot));
            new KeyScan(log, schema, sequenceBy.isPresent()).read(snapshot, unknown, table, listener);
            if (otherTombstones) {
                tombstones.ifPresent(unread -> unread.read(snapshot, table));
            }
            indexedVersion = snapshot.version();
            complete = true;
        } finally {
            if (!complete) {
                table.forgetAll();
                tombstones.ifPresent(Tombstones::forget);
            }
        }
    }

    private Snapshot refreshed() {
        return log.update(false, Option.empty(), Option.empty());
    }

    private static Accounting account(List<PassReport> reports, IndexedTable.Staged staged) {
        long read = sum(reports, PassReport::read);
        long superseded = sum(reports, PassReport::superseded);
        long ignored = sum(reports, PassReport::ignored) + staged.ignoredDeletes() + staged.late();
        return new Accounting(
                read,
                staged.applied() + sum(reports, PassReport::truncations),
                superseded,
                ignored,
                sum(reports, PassReport::rejectedCount));
    }

    private static long sum(List<PassReport> reports, ToLongFunction<PassReport> count) {
        return reports.stream().mapToLong(count).sum();
    }

    private static Map<Integer, Long> nextOffsets(Map<Integer, Long> from, List<PassReport> reports) {
        Map<Integer, Long> next = new HashMap<>(from);
        reports.forEach(report -> next.putAll(report.nextOffsets()));
        return next;
    }

    private static DeltaOperations.Operation operation(Accounting accounting) {
        return new DeltaOperations.StreamingUpdate(OutputMode.Update(), "cdf", 0, Option.apply(accounting.json()));
    }

    /** Partitions of a topic have no order among each other: what depends on one cannot be applied. */
    private void refuseUnknownOrder(ChangePass pass, List<PassReport> reports, Map<Integer, Long> nextOffsets) {
        for (PassReport report : reports) {
            if (report.movedKey() != null) {
                throw failures.movedKey(pass.keyText(report.movedKey()), report.movedKey());
            }
            if (report.truncated() && nextOffsets.size() > 1) {
                throw failures.truncatedInOneOf(nextOffsets.size());
            }
        }
    }
}
