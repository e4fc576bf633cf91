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
import org.apache.spark.sql.execution.datasources.DataSourceUtils;
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

import java.io.Closeable;
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

    /** The format of the last file: it is the next one's if the table's metadata are the same. */
    private @Nullable Format known;

    DriverWriter(SparkSession spark, DeltaLog log) {
        this.spark = spark;
        this.log = log;
    }

    /**
     * Whether the driver is where tasks run, and rows become a file of the table as they are: where it has other columns, or
     * Delta checks or computes values or renames columns, it must be asked.
     *
     * @param columns what the rows have
     */
    boolean canWrite(OptimisticTransaction transaction, StructType columns) {
        Metadata metadata = transaction.metadata();
        return spark.sparkContext().isLocal()
                && metadata.schema().sql().equals(columns.sql())
                && metadata.partitionColumns().isEmpty()
                && metadata.columnMappingMode().equals(NoMapping$.MODULE$)
                && !GeneratedColumn.hasGeneratedColumns(metadata.schema())
                && !ColumnWithDefaultExprUtils.hasIdentityColumn(metadata.schema())
                && Constraints.getAll(metadata, spark).isEmpty();
    }

    /**
     * Writes rows that it {@link #canWrite} into one file of the table.
     *
     * @param rows each is used before the next is asked for
     * @return what a commit says of the file; nothing if there are no rows
     */
    @SuppressWarnings("try") // The resource is there to be closed.
    Optional<AddFile> write(OptimisticTransaction transaction, Iterator<InternalRow> rows) {
        if (!rows.hasNext()) {
            return Optional.empty();
        }
        Format format = format(transaction);
        DelayedCommitProtocol committer = transaction.getCommitter(log.dataPath());
        committer.setupTask(format.context);
        String path = committer.newTaskTempFile(
                format.context, Option.empty(), EXTENSION + format.writers.getFileExtension(format.context));
        WriteTaskStatsTracker statistics = format.statistics.newTaskInstance();
        statistics.newFile(path);
        OutputWriter writer = format.writers.newInstance(path, format.metadata.schema(), format.context);
        long count = 0;
        try (Closeable closing = writer::close) {
            while (rows.hasNext()) {
                InternalRow row = rows.next();
                writer.write(row);
                statistics.newRow(path, row);
                count++;
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write " + path, failure);
        }
        committer.commitJob(
                format.context,
                CollectionConverters.asScala(List.of(committer.commitTask(format.context)))
                        .toSeq());
        String described =
                ((DeltaFileStatistics) statistics.getFinalStats(0)).stats().apply(new Path(path).getName());
        AddFile file = WrittenFiles.withStatistics(committer.addedStatuses().head(), described);
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

    /**
     * How files of the table are written.
     *
     * @param metadata the table's
     * @param context says where and how, as a task of Spark's would
     */
    private record Format(
            Metadata metadata,
            OutputWriterFactory writers,
            DeltaJobStatisticsTracker statistics,
            TaskAttemptContext context) {}

    private Format format(OptimisticTransaction transaction) {
        if (known == null || !known.metadata.equals(transaction.metadata())) {
            known = newFormat(transaction);
        }
        return known;
    }

    private Format newFormat(OptimisticTransaction transaction) {
        Metadata metadata = transaction.metadata();
        StructType columns = metadata.schema();
        scala.collection.immutable.Map<String, String> options =
                TableParquetVersionOption.getWriterOptions(spark, Map$.MODULE$.empty(), metadata.configuration());
        List<Attribute> output = List.copyOf(CollectionConverters.asJava(DataTypeUtils.toAttributes(columns)));
        try {
            Job job = Job.getInstance(spark.sessionState().newHadoopConfWithOptions(metadata.configuration()));
            DataSourceUtils.mergeWriteOptionsIntoHadoopConf(options, job.getConfiguration());
            OutputWriterFactory writers =
                    log.fileFormat(transaction.protocol(), metadata).prepareWrite(spark, job, options, columns);
            DeltaJobStatisticsTracker statistics = transaction
                    .getOptionalStatsTrackerAndStatsCollection(
                            CollectionConverters.asScala(output).toSeq(),
                            log.dataPath(),
                            new StructType(),
                            spark.emptyDataFrame())
                    ._1()
                    .get();
            TaskAttemptID task = new TaskAttemptID(new TaskID(new JobID("cdf", 0), TaskType.MAP, TASK), 0);
            return new Format(metadata, writers, statistics, new TaskAttemptContextImpl(job.getConfiguration(), task));
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write into " + log.dataPath(), failure);
        }
    }
}
