package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import io.delta.tables.DeltaTable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The events that could not be read, in a Delta table of their own beside the table. It has positions of its own, so that
 * a batch that is applied again adds none twice.
 */
final class DeadLetters {
    static final StructType COLUMNS = new StructType()
            .add("topic", DataTypes.StringType)
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.TimestampType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType)
            .add("reason", DataTypes.StringType)
            .add("column", DataTypes.StringType);

    /** The rows that tasks report: the table's without the topic, the timestamp in microseconds since 1970. */
    static final StructType REPORTED = new StructType()
            .add("partition", DataTypes.IntegerType)
            .add("offset", DataTypes.LongType)
            .add("timestamp", DataTypes.LongType)
            .add("key", DataTypes.BinaryType)
            .add("value", DataTypes.BinaryType)
            .add("reason", DataTypes.StringType)
            .add("column", DataTypes.StringType);

    private static final int COMMITS_A_MERGE = 100;
    private static final long LARGE_FILE_BYTES = 16 << 20;

    /** What a dead letter takes besides its key and value, about. */
    static final int OVERHEAD_BYTES = 200;

    /** Of which table they are, by the identity that its metadata has. */
    private static final String TABLE = "cdf.table-id";

    private final SparkSession spark;
    private final DeltaLog table;
    private final String topic;
    private final Positions positions;
    private final Path path;
    private @Nullable DeltaLog log;
    private boolean mergeIsDue;
    private final Consumer<ApplyStep> steps;

    DeadLetters(SparkSession spark, DeltaLog table, String topic, Consumer<ApplyStep> steps) {
        this.spark = spark;
        this.table = table;
        this.steps = steps;
        this.topic = topic;
        this.positions = new Positions(topic);
        this.path = pathOf(table.dataPath());
    }

    /**
     * Makes sure that the dead letters which are there already, if any, are of this table.
     *
     * @throws CdfException if they are those of a table that was here before
     */
    void requireOwn() {
        Option<String> owner = DeltaLog.forTable(spark, path)
                .unsafeVolatileSnapshot()
                .metadata()
                .configuration()
                .get(TABLE);
        if (owner.isDefined() && !owner.get().equals(tableId())) {
            throw new CdfException(
                    ExitCode.FAILED,
                    path + " has the dead letters of another table, which was at " + table.dataPath() + " before",
                    "move that directory away, or delete it");
        }
    }

    private String tableId() {
        return table.unsafeVolatileSnapshot().metadata().id();
    }

    /** A dead letter as a row of the table; the topic is added later. */
    static Row row(
            int partition,
            long offset,
            long timestampMicros,
            byte @Nullable [] key,
            byte @Nullable [] value,
            String reason,
            Optional<String> column) {
        return RowFactory.create(partition, offset, timestampMicros, key, value, reason, column.orElse(null));
    }

    /**
     * Adds what the tasks rejected.
     *
     * @param nextOffsets the positions after the batch
     * @param rejectedRows all rejected events of the batch, for when they are more than the reports have
     */
    void append(List<PassReport> reports, Map<Integer, Long> nextOffsets, Supplier<Dataset<Row>> rejectedRows) {
        long rejected = reports.stream().mapToLong(PassReport::rejectedCount).sum();
        if (rejected == 0) {
            return;
        }
        DeltaLog letters = open();
        OptimisticTransaction transaction = QuickTransaction.begin(letters);
        Map<Integer, Long> from = positions.of(transaction.snapshot());
        List<Row> reported =
                reports.stream().flatMap(report -> report.rejected().stream()).toList();
        Dataset<Row> rows = reported.size() == rejected
                ? spark.createDataFrame(reported, REPORTED).coalesce(1)
                : rejectedRows.get();
        Column known = functions.lit(false);
        for (Map.Entry<Integer, Long> position : from.entrySet()) {
            known = known.or(functions
                    .col("partition")
                    .equalTo(position.getKey())
                    .and(functions.col("offset").lt(position.getValue())));
        }
        Dataset<Row> unknown = rows.filter(functions.not(known))
                .withColumn("timestamp", functions.timestamp_micros(functions.col("timestamp")))
                .withColumn("topic", functions.lit(topic))
                .select(Arrays.stream(COLUMNS.fieldNames()).map(functions::col).toArray(Column[]::new));
        List<Action> actions = new ArrayList<>(CollectionConverters.asJava(transaction.writeFiles(unknown)));
        steps.accept(ApplyStep.DEAD_LETTERS_WRITTEN);
        // An earlier run may have come further here than in the table: then the position must not go back.
        Map<Integer, Long> reached = new HashMap<>(from);
        nextOffsets.forEach((partition, next) -> reached.merge(partition, next, Math::max));
        actions.addAll(positions.record(reached));
        positions.guard(transaction, nextOffsets.keySet());
        long version = transaction.commit(
                CollectionConverters.asScala(actions).toSeq(),
                new DeltaOperations.StreamingUpdate(OutputMode.Append(), "cdf", 0, Option.empty()));
        steps.accept(ApplyStep.DEAD_LETTERS_COMMITTED);
        mergeIsDue |= version % COMMITS_A_MERGE == 0;
    }

    private DeltaLog open() {
        if (log == null) {
            log = DeltaLog.forTable(spark, path);
            ChangeTables.create(
                    log,
                    COLUMNS,
                    Map.of("delta.checkpointInterval", Integer.toString(COMMITS_A_MERGE), TABLE, tableId()));
        }
        return log;
    }

    /**
     * Each commit adds a file: now and then they become one, but for those that are large already, and the log gets a
     * checkpoint. To be called between batches, for it takes its time.
     */
    void tidyUp() {
        if (!mergeIsDue) {
            return;
        }
        mergeIsDue = false;
        spark.conf().set("spark.databricks.delta.optimize.minFileSize", LARGE_FILE_BYTES);
        var unused = DeltaTable.forPath(spark, path.toString()).optimize().executeCompaction();
        DeltaLog letters = open();
        letters.checkpoint(letters.update(false, Option.empty(), Option.empty()), Option.empty());
    }

    /** Where the dead letters of a table are. */
    static Path pathOf(Path table) {
        return new Path(table.getParent(), table.getName() + "-dead-letters");
    }
}
