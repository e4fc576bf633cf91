package cdf.lake;

import org.apache.hadoop.fs.Path;
import org.apache.hadoop.mapreduce.Job;
import org.apache.hadoop.mapreduce.JobID;
import org.apache.hadoop.mapreduce.TaskAttemptContext;
import org.apache.hadoop.mapreduce.TaskAttemptID;
import org.apache.hadoop.mapreduce.TaskID;
import org.apache.hadoop.mapreduce.TaskType;
import org.apache.hadoop.mapreduce.task.TaskAttemptContextImpl;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.Attribute;
import org.apache.spark.sql.catalyst.types.DataTypeUtils;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.ColumnWithDefaultExprUtils;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.GeneratedColumn;
import org.apache.spark.sql.delta.NoMapping$;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.Metadata;
import org.apache.spark.sql.delta.constraints.Constraints;
import org.apache.spark.sql.delta.files.DelayedCommitProtocol;
import org.apache.spark.sql.delta.stats.DeltaFileStatistics;
import org.apache.spark.sql.delta.stats.DeltaJobStatisticsTracker;
import org.apache.spark.sql.delta.util.TableParquetVersionOption;
import org.apache.spark.sql.execution.datasources.OutputWriter;
import org.apache.spark.sql.execution.datasources.OutputWriterFactory;
import org.apache.spark.sql.execution.datasources.WriteTaskStatsTracker;
import org.apache.spark.sql.execution.metric.SQLMetric;
import org.apache.spark.sql.execution.metric.SQLMetrics;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.collection.immutable.Map$;
import scala.jdk.javaapi.CollectionConverters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Writes a data file in the driver, here and now: what Delta's {@code TransactionalWrite.writeFiles} writes with a job of
 * Spark's, whose planning takes longer than the writing if there are few rows. Not thread-safe.
 */
final class DriverWriter {
    /** The number in the file's name, where a job's files have that of the task. */
    private static final int TASK = 0;

    private static final String EXTENSION = "-c000";

    private final SparkSession spark;
    private final DeltaLog log;

    /** What does not change from file to file, for the table's metadata as they were at last. */
    private @Nullable Prepared prepared;

    DriverWriter(SparkSession spark, DeltaLog log) {
        this.spark = spark;
        this.log = log;
    }

    /**
     * What files of the table are written with.
     *
     * @param metadata the table's
     * @param context says where and how, as a task of Spark's would
     */
    private record Prepared(
            Metadata metadata,
            StructType columns,
            OutputWriterFactory writers,
            DeltaJobStatisticsTracker statistics,
            TaskAttemptContext context) {}

    /** Whether rows are written as they are: where Delta checks or computes values or renames columns, it must be asked. */
    boolean canWrite(OptimisticTransaction transaction) {
        Metadata metadata = transaction.metadata();
        StructType columns = metadata.schema();
        return metadata.partitionColumns().isEmpty()
                && metadata.columnMappingMode().equals(NoMapping$.MODULE$)
                && !GeneratedColumn.hasGeneratedColumns(columns)
                && !ColumnWithDefaultExprUtils.hasIdentityColumn(columns)
                && Constraints.getAll(metadata, spark).isEmpty();
    }

    /**
     * Writes the rows into one file of the table.
     *
     * @param rows all of the table's columns, in its order; each is used before the next is asked for
     * @return what a commit says of the file; nothing if there are no rows
     */
    Optional<AddFile> write(OptimisticTransaction transaction, Iterator<InternalRow> rows) {
        if (!rows.hasNext()) {
            return Optional.empty();
        }
        Prepared prepared = prepared(transaction);
        TaskAttemptContext context = prepared.context;
        DelayedCommitProtocol committer = transaction.getCommitter(log.dataPath());
        committer.setupTask(context);
        String path = committer.newTaskTempFile(
                context, Option.empty(), EXTENSION + prepared.writers.getFileExtension(context));
        WriteTaskStatsTracker statistics = prepared.statistics.newTaskInstance();
        statistics.newFile(path);
        OutputWriter writer = prepared.writers.newInstance(path, prepared.columns, context);
        long count = 0;
        try {
            while (rows.hasNext()) {
                InternalRow row = rows.next();
                writer.write(row);
                statistics.newRow(path, row);
                count++;
            }
        } finally {
            writer.close();
        }
        committer.commitJob(
                context,
                CollectionConverters.asScala(List.of(committer.commitTask(context)))
                        .toSeq());
        String described =
                ((DeltaFileStatistics) statistics.getFinalStats(0)).stats().apply(new Path(path).getName());
        AddFile file = WrittenFiles.copy(committer.addedStatuses().head(), true, described);
        transaction.registerSQLMetrics(
                spark,
                Map$.MODULE$.from(CollectionConverters.asScala(
                        Map.of("numOutputRows", metric(count), "numOutputBytes", metric(file.size())))));
        return Optional.of(file);
    }

    private SQLMetric metric(long value) {
        SQLMetric metric = SQLMetrics.createMetric(spark.sparkContext(), "cdf");
        metric.set(value);
        return metric;
    }

    private Prepared prepared(OptimisticTransaction transaction) {
        Metadata metadata = transaction.metadata();
        if (prepared == null || !prepared.metadata.equals(metadata)) {
            prepared = prepare(transaction);
        }
        return prepared;
    }

    private Prepared prepare(OptimisticTransaction transaction) {
        Metadata metadata = transaction.metadata();
        StructType columns = metadata.schema();
        try {
            Job job = Job.getInstance(spark.sessionState().newHadoopConfWithOptions(metadata.configuration()));
            OutputWriterFactory writers = log.fileFormat(transaction.protocol(), metadata)
                    .prepareWrite(
                            spark,
                            job,
                            TableParquetVersionOption.getWriterOptions(
                                    spark, Map$.MODULE$.empty(), metadata.configuration()),
                            columns);
            List<Attribute> output = List.copyOf(CollectionConverters.asJava(DataTypeUtils.toAttributes(columns)));
            DeltaJobStatisticsTracker statistics = transaction
                    .getOptionalStatsTrackerAndStatsCollection(
                            CollectionConverters.asScala(output).toSeq(),
                            log.dataPath(),
                            new StructType(),
                            spark.emptyDataFrame())
                    ._1()
                    .get();
            TaskAttemptID task = new TaskAttemptID(new TaskID(new JobID("cdf", 0), TaskType.MAP, TASK), 0);
            return new Prepared(
                    metadata, columns, writers, statistics, new TaskAttemptContextImpl(job.getConfiguration(), task));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write into " + log.dataPath(), failure);
        }
    }
}
