package cdf.lake;

import org.apache.hadoop.conf.Configuration;
import org.apache.parquet.hadoop.ParquetInputFormat;
import org.apache.spark.paths.SparkPath;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.execution.datasources.FileFormat;
import org.apache.spark.sql.execution.datasources.PartitionedFile;
import org.apache.spark.sql.execution.datasources.parquet.ParquetFileFormat;
import org.apache.spark.sql.sources.Filter;
import org.apache.spark.sql.types.StructType;
import scala.Function1;
import scala.collection.immutable.Map$;
import scala.jdk.javaapi.CollectionConverters;

import java.util.Iterator;
import java.util.List;
import java.util.Map;

/**
 * Reads the rows of data files that are not deleted, in the driver, here and now. Only for files of a table that {@link
 * DriverWriter#canWrite} says yes to: their columns have the table's names.
 */
final class DriverReader {
    /** So much is merged in the driver at most: with many tables, each in a thread of its own, more would take the memory. */
    private static final long MOST_BYTES = 16 << 20;

    private final DeltaLog log;
    private final Function1<PartitionedFile, scala.collection.Iterator<InternalRow>> format;

    /** @param columns what the rows shall have: the table's */
    DriverReader(SparkSession spark, DeltaLog log, StructType columns) {
        this.log = log;
        Configuration hadoop = log.newDeltaHadoopConf();
        // Another thread would take longer to wake up than to read a file's bytes, unless they are far away.
        hadoop.setBoolean(ParquetInputFormat.HADOOP_VECTORED_IO_ENABLED, false);
        format = new ParquetFileFormat()
                .buildReaderWithPartitionValues(
                        spark,
                        columns,
                        new StructType(),
                        columns,
                        CollectionConverters.asScala(List.<Filter>of()).toSeq(),
                        Map$.MODULE$.from(
                                CollectionConverters.asScala(Map.of(FileFormat.OPTION_RETURNING_BATCH(), "false"))),
                        hadoop);
    }

    /**
     * A data file.
     *
     * @param deleted the numbers of the rows that do not count
     */
    record Source(AddFile file, RoaringBitmapArray deleted) {}

    /** Whether files are so small that planning a job would be what takes the time. */
    static boolean isFor(List<AddFile> files) {
        return files.stream().mapToLong(AddFile::size).sum() <= MOST_BYTES;
    }

    /** The rows of some files, one file after the other, in order; each is valid until another is asked for. */
    Iterator<InternalRow> rows(List<Source> sources) {
        return CollectionConverters.asJava(
                CollectionConverters.asScala(sources.iterator()).flatMap(this::rows));
    }

    private scala.collection.Iterator<InternalRow> rows(Source source) {
        AddFile file = source.file;
        PartitionedFile whole = new PartitionedFile(
                InternalRow.empty(),
                SparkPath.fromPath(WrittenFiles.pathOf(log, file)),
                0,
                file.size(),
                new String[0],
                file.modificationTime(),
                file.size(),
                Map$.MODULE$.empty());
        // Nothing is filtered or split on the way: the rows come in the file's order, and their count is their number.
        long[] row = {0};
        return format.apply(whole).filter(any -> !source.deleted.contains(row[0]++));
    }
}
