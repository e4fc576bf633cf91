package cdf.lake;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.SimpleGroupFactory;
import org.apache.parquet.hadoop.ParquetWriter;
import org.apache.parquet.hadoop.example.ExampleParquetWriter;
import org.apache.parquet.hadoop.util.HadoopOutputFile;
import org.apache.parquet.schema.LogicalTypeAnnotation;
import org.apache.parquet.schema.LogicalTypeAnnotation.TimeUnit;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.PrimitiveType.PrimitiveTypeName;
import org.apache.parquet.schema.Types;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.immutable.Map$;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.UUID;

/**
 * A data file with the tombstones of one batch. It is written here and now: they are few, and planning a job of Spark's for
 * them would take as long as the rest of the commit.
 */
final class TombstoneFile {
    /** The columns of all such files: a key's hash, the number of its delete, and when that was applied. */
    static final StructType COLUMNS = new StructType()
            .add("key_high", DataTypes.LongType)
            .add("key_low", DataTypes.LongType)
            .add("sequence", DataTypes.LongType)
            .add("deleted_at", DataTypes.TimestampType);

    private static final MessageType SCHEMA = Types.buildMessage()
            .required(PrimitiveTypeName.INT64)
            .named("key_high")
            .required(PrimitiveTypeName.INT64)
            .named("key_low")
            .required(PrimitiveTypeName.INT64)
            .named("sequence")
            .required(PrimitiveTypeName.INT64)
            .as(LogicalTypeAnnotation.timestampType(true, TimeUnit.MICROS))
            .named("deleted_at")
            .named("tombstones");

    private TombstoneFile() {}

    /** Writes the tombstones of a batch as deleted now; gives what a commit of their table says of the file. */
    static AddFile write(DeltaLog log, IndexedTable.Staged batch) {
        Path path = new Path(log.dataPath(), UUID.randomUUID() + ".parquet");
        Configuration hadoop = log.newDeltaHadoopConf();
        long nowMicros = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
        SimpleGroupFactory groups = new SimpleGroupFactory(SCHEMA);
        try {
            try (ParquetWriter<Group> writer = ExampleParquetWriter.builder(HadoopOutputFile.fromPath(path, hadoop))
                    .withConf(hadoop)
                    .withType(SCHEMA)
                    .build()) {
                batch.forEachTombstone((high, low, sequence) -> append(
                        writer,
                        groups.newGroup()
                                .append("key_high", high)
                                .append("key_low", low)
                                .append("sequence", sequence)
                                .append("deleted_at", nowMicros)));
            }
            FileStatus written = path.getFileSystem(hadoop).getFileStatus(path);
            return new AddFile(
                    path.getName(),
                    Map$.MODULE$.empty(),
                    written.getLen(),
                    written.getModificationTime(),
                    true,
                    null,
                    null,
                    null,
                    Option.empty(),
                    Option.empty(),
                    Option.empty(),
                    Option.empty(),
                    Option.empty());
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write " + path, failure);
        }
    }

    private static void append(ParquetWriter<Group> writer, Group tombstone) {
        try {
            writer.write(tombstone);
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot write a tombstone", failure);
        }
    }
}
