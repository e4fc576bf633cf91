package cdf.lake;

import cdf.lake.LoggedVersion.MarkedFile;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.commands.cdc.CDCReader$;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArrayFormat;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.Tuple2;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Reads the rows that versions of a table took away and those that they added, in the columns of Delta's change data feed.
 *
 * <p>Delta's own reader scans a file once for each version that marks rows of it as deleted, all in one plan: seconds a
 * version, and more with every version. Here a file is scanned once, however many versions mark rows of it; all else that
 * the versions did is left to Delta.
 */
final class FeedImages {
    /** What was done with the row: {@code insert}, {@code delete}, {@code update_preimage}, {@code update_postimage}. */
    static final String CHANGE = "_change_type";

    static final String VERSION = "_commit_version";
    static final String TIMESTAMP = "_commit_timestamp";

    /** So many marked rows at most are kept in memory by every task; more are joined by sorting. */
    private static final long KEPT_ROWS = 1_000_000;

    private static final String FILE = "_cdf_file";
    private static final String ROWS = "_cdf_rows";
    private static final StructType MARKS = new StructType()
            .add(FILE, DataTypes.StringType)
            .add(CHANGE, DataTypes.StringType)
            .add(VERSION, DataTypes.LongType)
            .add(TIMESTAMP, DataTypes.TimestampType)
            .add(ROWS, DataTypes.BinaryType);

    private final SparkSession spark;
    private final DeltaLog log;
    private final Snapshot snapshot;
    private final DeletionVectors deletionVectors;

    /** @param snapshot what has the columns of the rows */
    FeedImages(SparkSession spark, DeltaLog log, Snapshot snapshot) {
        this.spark = spark;
        this.log = log;
        this.snapshot = snapshot;
        deletionVectors = new DeletionVectors(log.dataPath(), log.newDeltaHadoopConf());
    }

    /** The rows of versions that follow each other, in any order. */
    Dataset<Row> read(List<LoggedVersion> versions) {
        long first = versions.get(0).number();
        long last = versions.get(versions.size() - 1).number();
        var timestamps = CDCReader$.MODULE$.getNonICTTimestampsByVersion(log, first, last);
        Map<String, AddFile> files = new HashMap<>();
        List<Row> marks = new ArrayList<>();
        long rows = 0;
        List<Tuple2<Object, Seq<Action>>> others = new ArrayList<>();
        for (LoggedVersion version : versions) {
            Timestamp timestamp = version.timestamp().orElseGet(() -> timestamps.apply(version.number()));
            List<Action> actions = new ArrayList<>(version.actions());
            for (MarkedFile file : version.markedFiles()) {
                actions.remove(file.before());
                actions.remove(file.after());
                String name = WrittenFiles.pathOf(log, file.after()).getName();
                files.put(name, unmarked(file.after()));
                rows += file.rows();
                RoaringBitmapArray before = deletionVectors.read(file.before().deletionVector());
                RoaringBitmapArray after = deletionVectors.read(file.after().deletionVector());
                marks.add(RowFactory.create(name, "delete", version.number(), timestamp, difference(after, before)));
                marks.add(RowFactory.create(name, "insert", version.number(), timestamp, difference(before, after)));
            }
            others.add(new Tuple2<>(
                    version.number(), CollectionConverters.asScala(actions).toSeq()));
        }
        Dataset<Row> images = CDCReader$.MODULE$
                .changesToDF(
                        snapshot,
                        first,
                        last,
                        CollectionConverters.asScala(others.iterator()),
                        spark,
                        Option.empty(),
                        false,
                        false,
                        Option.empty())
                .fileChangeDf();
        return marks.isEmpty() ? images : images.unionByName(marked(files, marks, rows <= KEPT_ROWS));
    }

    /** The rows that are marked. */
    private Dataset<Row> marked(Map<String, AddFile> files, List<Row> marks, boolean few) {
        UDF1<byte[], long[]> numbers =
                bitmap -> RoaringBitmapArray.readFrom(bitmap).values();
        Column rows = functions
                .udf(numbers, DataTypes.createArrayType(DataTypes.LongType, false))
                .apply(functions.col(ROWS));
        Dataset<Row> wanted = spark.createDataFrame(marks, MARKS)
                .select(
                        functions.col(FILE),
                        functions.col(CHANGE),
                        functions.col(VERSION),
                        functions.col(TIMESTAMP),
                        functions.explode(rows).as(ROWS));
        Dataset<Row> all = log.createDataFrame(
                snapshot, CollectionConverters.asScala(files.values()).toSeq(), false, Option.empty());
        Column[] columns = Stream.concat(
                        Arrays.stream(snapshot.schema().fieldNames()).map(RowColumns::column),
                        Stream.of(
                                functions.col("_metadata.file_name").as(FILE),
                                functions.col("_metadata.row_index").as(ROWS)))
                .toArray(Column[]::new);
        return all.select(columns)
                .join(few ? functions.broadcast(wanted) : wanted.hint("merge"), new String[] {FILE, ROWS})
                .drop(FILE, ROWS);
    }

    /** The rows that are in the one and not in the other. */
    private static byte[] difference(RoaringBitmapArray one, RoaringBitmapArray other) {
        RoaringBitmapArray rows = one.copy();
        rows.diff(other);
        return rows.serializeAsByteArray(RoaringBitmapArrayFormat.Portable());
    }

    private static AddFile unmarked(AddFile file) {
        return file.copy(
                file.path(),
                file.partitionValues(),
                file.size(),
                file.modificationTime(),
                file.dataChange(),
                file.stats(),
                file.tags(),
                null,
                file.baseRowId(),
                file.defaultRowCommitVersion(),
                file.clusteringProvider(),
                file.backReference(),
                file.amtPassthrough());
    }
}
