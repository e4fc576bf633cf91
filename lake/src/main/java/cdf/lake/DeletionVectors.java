package cdf.lake;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.delta.actions.DeletionVectorDescriptor;
import org.apache.spark.sql.delta.actions.DeletionVectorDescriptor$;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArray;
import org.apache.spark.sql.delta.deletionvectors.RoaringBitmapArrayFormat;
import org.apache.spark.sql.delta.deletionvectors.StoredBitmap;
import org.apache.spark.sql.delta.storage.dv.DeletionVectorStore;
import org.apache.spark.sql.delta.storage.dv.DeletionVectorStoreUtils;
import org.apache.spark.sql.delta.storage.dv.HadoopFileSystemDVStore;
import org.apache.spark.sql.delta.util.PathWithFileSystem;
import org.jspecify.annotations.Nullable;
import scala.Option;

import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** Reads deletion vectors (Delta protocol, "Deletion Vectors"), and writes those of one commit into one file. */
final class DeletionVectors {
    private final Path table;
    private final Configuration hadoop;
    private final DeletionVectorStore store;

    DeletionVectors(Path table, Configuration hadoop) {
        this.table = table;
        this.hadoop = hadoop;
        this.store = new HadoopFileSystemDVStore(hadoop);
    }

    /** The rows of a data file that are marked as deleted; none if it has no deletion vector. */
    RoaringBitmapArray read(@Nullable DeletionVectorDescriptor marks) {
        return marks == null
                ? new RoaringBitmapArray()
                : StoredBitmap.create(marks, table).load(store);
    }

    /** Writes the deleted rows of each of some data files; gives what the commit says of each. */
    Map<Integer, DeletionVectorDescriptor> write(Map<Integer, RoaringBitmapArray> deletedRows) {
        Map<Integer, DeletionVectorDescriptor> descriptors = new HashMap<>();
        if (deletedRows.isEmpty()) {
            return descriptors;
        }
        UUID id = UUID.randomUUID();
        PathWithFileSystem file = store.generateFileNameInTable(PathWithFileSystem.withConf(table, hadoop), id, "");
        try (DeletionVectorStoreUtils.Writer writer = store.createWriter(file)) {
            for (Map.Entry<Integer, RoaringBitmapArray> rows : deletedRows.entrySet()) {
                RoaringBitmapArray bitmap = rows.getValue();
                bitmap.runOptimize();
                DeletionVectorStoreUtils.DVRangeDescriptor range =
                        writer.write(bitmap.serializeAsByteArray(RoaringBitmapArrayFormat.Portable()));
                descriptors.put(
                        rows.getKey(),
                        DeletionVectorDescriptor$.MODULE$.onDiskWithRelativePath(
                                id,
                                "",
                                range.length(),
                                bitmap.cardinality(),
                                Option.apply(range.offset()),
                                Option.empty()));
            }
        }
        return descriptors;
    }
}
