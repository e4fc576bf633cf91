package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.Row;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaHistoryManager;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.nio.file.Files;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Reads a Delta table: its rows, its changes, its dead letters. However large the table is, only a part of it is in
 * memory at a time. Used by one thread, but for {@link #cancel()}.
 */
public final class TableReader {
    private static final String LOG = "_delta_log";

    /**
     * Into how many parts Spark may sort: one of them is in memory at a time, and of small ones it makes one again. For up
     * to 200, each task would write to so many files at once.
     */
    private static final int SORTED_PARTS = 256;

    private final SparkSession spark;
    private final DeltaLog log;

    private TableReader(SparkSession spark, DeltaLog log) {
        this.spark = spark;
        this.log = log;
    }

    /**
     * Refuses a directory that no table can be in; this needs no Spark.
     *
     * @throws CdfException if it does not exist, or has no Delta log
     */
    public static void requireLog(java.nio.file.Path directory) {
        if (!Files.isDirectory(directory)) {
            throw noTable("there is no directory " + directory.toAbsolutePath());
        }
        if (!Files.isDirectory(directory.resolve(LOG))) {
            throw noTable(directory.toAbsolutePath() + " is no Delta table");
        }
    }

    /**
     * Opens the table in a directory.
     *
     * @throws CdfException if there is none
     */
    public static TableReader open(LocalSpark local, java.nio.file.Path directory) {
        requireLog(directory);
        SparkSession spark = (SparkSession) local.session().newSession();
        spark.conf().set("spark.sql.shuffle.partitions", SORTED_PARTS);
        // An old version is gone when its files are, and not already when they may be.
        spark.conf().set("spark.databricks.delta.vacuum.enforceTimeTravelWithinDeletedFileRetentionDuration", false);
        SparkSession.setActiveSession(spark);
        DeltaLog log =
                DeltaLog.forTable(spark, new Path(directory.toAbsolutePath().toString()));
        if (!log.tableExists()) {
            throw noTable(directory.toAbsolutePath() + " is no Delta table: its log has no version");
        }
        return new TableReader(spark, log);
    }

    private static CdfException noTable(String problem) {
        return new CdfException(
                ExitCode.FAILED, problem, "give the directory of a Delta table: the one that has " + LOG + " in it");
    }

    /** The newest version that there is by now. */
    public long newestVersion() {
        return snapshot().version();
    }

    /** Ends what Spark does for this reader: what waits for it fails. */
    public void cancel() {
        spark.sparkContext().cancelAllJobs();
    }

    /**
     * The rows of a version.
     *
     * @param limit how many rows to give at most: the files of the others are not read
     * @throws CdfException if the version is gone or not there yet, and also while the rows are read
     */
    public TableRows rows(long version, OptionalInt limit) {
        requireVersion(version, log.history().getEarliestRecreatableCommit());
        ReadFailures failures = new ReadFailures(log, version, RemainingFiles::oldestWholeVersion);
        return failures.explain(() -> {
            Dataset<org.apache.spark.sql.Row> table =
                    spark.read().format("delta").option("versionAsOf", version).load(path());
            RowColumns columns = new RowColumns(table.schema());
            Dataset<org.apache.spark.sql.Row> selected =
                    table.select(columns.selected().toArray(Column[]::new));
            Iterator<org.apache.spark.sql.Row> rows =
                    (limit.isPresent() ? selected.limit(limit.getAsInt()) : selected).toLocalIterator();
            return new TableRows(version, columns.names(), failures.explain(columns.rows(rows)));
        });
    }

    /** The columns that tell the table's rows apart. */
    public List<String> key() {
        Snapshot snapshot = snapshot();
        return ChangeTables.key(snapshot)
                .filter(key -> List.of(snapshot.schema().fieldNames()).containsAll(key))
                .orElseThrow(() -> new CdfException(
                        ExitCode.FAILED,
                        "the table " + log.dataPath() + " does not say which columns tell its rows apart, so what"
                                + " belongs to one update cannot be told",
                        "set its key, such as id, in Spark: " + ChangeTables.sqlToSetKey(log, "id")));
    }

    /**
     * Refuses a version whose changes cannot be read.
     *
     * @throws CdfException if it is gone or not there yet
     */
    public void requireChanges(long version) {
        // Delta also needs the columns of the first version, so a checkpoint; the log that is left can begin later.
        long oldest =
                Math.max(log.history().getEarliestRecreatableCommit(), DeltaHistoryManager.getEarliestDeltaFile(log));
        requireVersion(version, oldest);
    }

    /**
     * What the versions from the first to the last changed.
     *
     * @throws CdfException if one of them is gone or not there yet, and also while the changes are read
     */
    public Iterator<TableChange> changes(long first, long last) {
        requireChanges(first);
        requireChanges(last);
        List<String> key = key();
        SchemaEvolution.allowFeed(spark, log);
        FeedImages images = new FeedImages(spark, log, snapshot());
        ReadFailures failures = new ReadFailures(log, first, RemainingFiles::oldestChanges);
        Iterator<LoggedVersion> versions = CollectionConverters.asJava(
                log.getChanges(first, last, Option.empty(), false).map(LoggedVersion::of));
        return failures.explain(new VersionSlices(versions, slice -> new ChangeFeed(images.read(slice), key)));
    }

    /**
     * The events of the table's topics that could not be read, in the order of topic, partition and offset; empty if there
     * has been none. The columns are {@code topic}, {@code partition}, {@code offset}, {@code timestamp}, {@code reason},
     * {@code column}, {@code key} and {@code value}; bytes that are not UTF-8 are base64 and the column's name then is {@code
     * keyBase64} or {@code valueBase64}.
     */
    public Optional<Iterator<Row>> deadLetters() {
        DeltaLog letters = DeltaLog.forTable(spark, DeadLetters.pathOf(log.dataPath()));
        if (!letters.tableExists()) {
            return Optional.empty();
        }
        long version = letters.update(false, Option.empty(), Option.empty()).version();
        ReadFailures failures = new ReadFailures(letters, version, RemainingFiles::oldestWholeVersion);
        return Optional.of(failures.explain(() -> failures.explain(new DeadLetterRows(spark.read()
                .format("delta")
                .option("versionAsOf", version)
                .load(letters.dataPath().toString())))));
    }

    private Snapshot snapshot() {
        return log.update(false, Option.empty(), Option.empty());
    }

    private String path() {
        return log.dataPath().toString();
    }

    private void requireVersion(long version, long oldest) {
        long newest = newestVersion();
        if (version > newest) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + log.dataPath() + " has no version " + version + " yet: the newest is " + newest,
                    "give a version up to " + newest);
        }
        if (version < oldest) {
            throw ReadFailures.gone(log, version, oldest);
        }
    }
}
