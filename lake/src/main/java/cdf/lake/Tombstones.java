package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.SetTransaction;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The deleted keys with the numbers of their deletes, in a Delta table of their own beside the table. It is written before
 * the table, whose commit then says which version of it goes with the table. What that version does not have was written
 * for a batch that did not get into the table; nobody reads it, and the next version leaves it out.
 *
 * <p>Used by one thread.
 */
final class Tombstones {
    /** The Delta transaction identifier by which the table says which version of this one goes with it. */
    private static final String TRANSACTION = "cdf/tombstones";

    /** A key's hash, the number of its delete, and when that was applied. */
    private static final StructType COLUMNS = new StructType()
            .add("key_high", DataTypes.LongType)
            .add("key_low", DataTypes.LongType)
            .add("sequence", DataTypes.LongType)
            .add("deleted_at", DataTypes.TimestampType);

    private static final int DELETED_AT = COLUMNS.fieldIndex("deleted_at");

    /** In place of a version: the table has no tombstones yet. */
    private static final long NONE = -1;

    /** In place of a version: it is not known which ones the table has. */
    private static final long UNREAD = -2;

    /** So many small files of one size class become one: few, for the batch waits for it. */
    private static final int FILES_A_MERGE = 8;

    /** From here on files stay as they are until all their tombstones are too old. */
    private static final long LARGE_FILE_BYTES = 1 << 20;

    private final SparkSession spark;
    private final Path table;
    private final DeltaLog log;
    private final DriverWriter writer;
    private final Duration retention;
    private final Consumer<ApplyStep> steps;

    /** What goes with the table, and is in memory. */
    private Written believed = new Written(UNREAD, List.of());

    /** A version of the tombstones. */
    record Written(long version, List<AddFile> files) {
        /** Lets the table's commit record it, and fail if somebody else's commit records another one meanwhile. */
        void addTo(OptimisticTransaction transaction, List<Action> actions) {
            transaction.readTxn().addOne(TRANSACTION);
            actions.add(new SetTransaction(TRANSACTION, version, Option.empty()));
        }
    }

    Tombstones(SparkSession spark, Path table, Duration retention, Consumer<ApplyStep> steps) {
        this.spark = spark;
        this.table = table;
        this.log = DeltaLog.forTable(spark, pathOf(table));
        this.writer = new DriverWriter(spark, log);
        this.retention = retention;
        this.steps = steps;
    }

    DeltaLog log() {
        return log;
    }

    /** Whether the ones in memory are those that go with a version of the table. */
    boolean areOf(Snapshot version) {
        return believed.version == versionOf(version);
    }

    /** Reads those that go with a version of the table, whose rows are read already. */
    void read(Snapshot version, IndexedTable rows) {
        forget();
        long wanted = versionOf(version);
        if (wanted == NONE) {
            believed = new Written(NONE, List.of());
            return;
        }
        Snapshot newest = log.update(false, Option.empty(), Option.empty());
        if (newest.version() < wanted) {
            if (retention.isZero()) {
                believed = new Written(wanted, List.of());
                return;
            }
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + table + " needs version " + wanted + " of " + log.dataPath() + ", which "
                            + (newest.version() < 0 ? "is gone" : "is at version " + newest.version()),
                    "bring it back; with --tombstone-retention 0, cdf apply goes on without, and late events may bring"
                            + " deleted rows back");
        }
        List<AddFile> files = DataFiles.of(
                newest.version() == wanted ? newest : log.getSnapshotAt(wanted, Option.empty(), Option.empty(), false));
        Iterator<Row> kept = all(newest, files).filter(isKept()).toLocalIterator();
        while (kept.hasNext()) {
            Row tombstone = kept.next();
            rows.addTombstone(tombstone.getLong(0), tombstone.getLong(1), tombstone.getLong(2));
        }
        believed = new Written(wanted, files);
    }

    /** Forgets what goes with the table: it is to be read again. */
    void forget() {
        believed = new Written(UNREAD, List.of());
    }

    /**
     * Adds the tombstones of a batch, and leaves out the ones that are older than the retention, file by file.
     *
     * @return what is {@linkplain Written#addTo to be recorded} by the table's commit, and {@linkplain #believe believed}
     *     after it; nothing if the batch changes no tombstones
     */
    Optional<Written> append(IndexedTable.Staged batch, IndexedTable rows) {
        if (!batch.hasTombstones() && !(batch.truncated() && !believed.files.isEmpty())) {
            return Optional.empty();
        }
        ChangeTables.create(
                log, COLUMNS, Map.of("delta.checkpointInterval", "100", "delta.dataSkippingNumIndexedCols", "0"));
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        transaction.readTxn().addOne(TRANSACTION);
        Snapshot newest = transaction.snapshot();
        List<AddFile> next = new ArrayList<>(batch.truncated() ? List.of() : withoutOld(newest, rows));
        List<AddFile> alike = filesToMerge(next);
        if (!alike.isEmpty()) {
            next.removeAll(alike);
            next.addAll(merge(transaction, alike, rows));
        }
        if (batch.hasTombstones()) {
            long nowMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
            writer.write(
                            transaction,
                            batch.tombstones()
                                    .map(deleted -> (InternalRow) new GenericInternalRow(
                                            new Object[] {deleted.high(), deleted.low(), deleted.sequence(), nowMicros
                                            }))
                                    .iterator())
                    .ifPresent(next::add);
        }
        List<Action> actions =
                difference(newest.version() == believed.version ? believed.files : DataFiles.of(newest), next);
        actions.add(new SetTransaction(TRANSACTION, newest.version() + 1, Option.empty()));
        long version = transaction.commit(
                CollectionConverters.asScala(actions).toSeq(),
                new DeltaOperations.StreamingUpdate(OutputMode.Append(), "cdf", 0, Option.empty()));
        steps.accept(ApplyStep.TOMBSTONES_COMMITTED);
        return Optional.of(new Written(version, List.copyOf(next)));
    }

    /** Enough small files of one size class; none as long as there are not so many. */
    private static List<AddFile> filesToMerge(List<AddFile> files) {
        return files.stream()
                .filter(file -> file.size() < LARGE_FILE_BYTES)
                .collect(Collectors.groupingBy(file -> CompactionPlan.sizeClass(file.size())))
                .values()
                .stream()
                .filter(alike -> alike.size() >= FILES_A_MERGE)
                .findFirst()
                .map(alike -> alike.subList(0, FILES_A_MERGE))
                .orElse(List.of());
    }

    /** Writes the tombstones of some files into one file, but for those that are too old, which are forgotten. */
    private List<AddFile> merge(OptimisticTransaction transaction, List<AddFile> files, IndexedTable rows) {
        if (!writer.canWrite(transaction, COLUMNS)) {
            Dataset<Row> all = all(transaction.snapshot(), files);
            Column kept = isKept();
            forget(all.filter(functions.not(kept)), rows);
            return CollectionConverters.asJava(
                            transaction.writeFiles(all.filter(kept).coalesce(1)))
                    .stream()
                    .map(AddFile.class::cast)
                    .toList();
        }
        long oldestMicros = ChronoUnit.MICROS.between(Instant.EPOCH, oldest());
        List<DriverReader.Source> sources = files.stream()
                .map(file -> new DriverReader.Source(file, new RoaringBitmapArray()))
                .toList();
        Iterator<InternalRow> kept = CollectionConverters.asJava(
                CollectionConverters.asScala(new DriverReader(spark, log, COLUMNS).rows(sources))
                        .filter(tombstone -> {
                            boolean young = tombstone.getLong(DELETED_AT) > oldestMicros;
                            if (!young) {
                                rows.removeTombstone(tombstone.getLong(0), tombstone.getLong(1), tombstone.getLong(2));
                            }
                            return young;
                        }));
        return writer.write(transaction, kept).stream().toList();
    }

    /** Takes over that the table's commit has recorded what was written. */
    void believe(Written written) {
        believed = written;
    }

    /** Where the tombstones of a table are. */
    static Path pathOf(Path table) {
        return new Path(table.getParent(), table.getName() + "-tombstones");
    }

    private static long versionOf(Snapshot version) {
        return CollectionConverters.asJava(Positions.transactions(version)).stream()
                .filter(recorded -> recorded.appId().equals(TRANSACTION))
                .mapToLong(SetTransaction::version)
                .findFirst()
                .orElse(NONE);
    }

    /** The files that go with the table but for those whose tombstones are all too old, which are forgotten. */
    private List<AddFile> withoutOld(Snapshot snapshot, IndexedTable rows) {
        long oldest = oldest().toEpochMilli();
        List<AddFile> old = believed.files.stream()
                .filter(file -> file.modificationTime() < oldest)
                .toList();
        if (old.isEmpty()) {
            return believed.files;
        }
        forget(all(snapshot, old), rows);
        return believed.files.stream().filter(file -> !old.contains(file)).toList();
    }

    private static void forget(Dataset<Row> tombstones, IndexedTable rows) {
        Iterator<Row> old = tombstones.toLocalIterator();
        while (old.hasNext()) {
            Row tombstone = old.next();
            rows.removeTombstone(tombstone.getLong(0), tombstone.getLong(1), tombstone.getLong(2));
        }
    }

    /** From when on tombstones are kept; not so long ago that Spark has no number for it. */
    private Instant oldest() {
        Instant oldest = Instant.now().minus(retention);
        return oldest.isBefore(Instant.EPOCH) ? Instant.EPOCH : oldest;
    }

    private Column isKept() {
        return functions.col("deleted_at").gt(functions.lit(oldest()));
    }

    private Dataset<Row> all(Snapshot snapshot, List<AddFile> files) {
        return log.createDataFrame(snapshot, CollectionConverters.asScala(files).toSeq(), false, Option.empty())
                .select(Arrays.stream(COLUMNS.fieldNames()).map(functions::col).toArray(Column[]::new));
    }

    /** What makes a version with some files from one with others. */
    private static List<Action> difference(List<AddFile> before, List<AddFile> after) {
        Set<String> pathsBefore =
                new HashSet<>(before.stream().map(AddFile::path).toList());
        Set<String> pathsAfter = new HashSet<>(after.stream().map(AddFile::path).toList());
        return new ArrayList<>(Stream.concat(
                        before.stream()
                                .filter(file -> !pathsAfter.contains(file.path()))
                                .map(AddFile::remove),
                        after.stream().filter(file -> !pathsBefore.contains(file.path())))
                .map(Action.class::cast)
                .toList());
    }
}
