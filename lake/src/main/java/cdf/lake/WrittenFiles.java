package cdf.lake;

import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.delta.actions.FileAction;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What was written into the table. */
final class WrittenFiles {
    /** Spark's name of a data file has the number of the task's partition in it. */
    private static final Pattern DATA_FILE = Pattern.compile("part-(\\d+)-");

    private WrittenFiles() {}

    /** Deletes files that no version of the table shall have. */
    static void discard(DeltaLog log, Collection<AddFile> files) {
        try {
            FileSystem fileSystem = log.dataPath().getFileSystem(log.newDeltaHadoopConf());
            for (AddFile file : files) {
                boolean unused = fileSystem.delete(pathOf(log, file), false);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot delete a file that was just written", failure);
        }
    }

    /** A file with statistics, as JSON. */
    static AddFile withStatistics(AddFile file, String statistics) {
        return copy(file, file.dataChange(), statistics);
    }

    /** A file whose rows were in the table before. */
    static AddFile withoutChange(AddFile file) {
        return copy(file, false, file.stats());
    }

    private static AddFile copy(AddFile file, boolean dataChange, String statistics) {
        return file.copy(
                file.path(),
                file.partitionValues(),
                file.size(),
                file.modificationTime(),
                dataChange,
                statistics,
                file.tags(),
                file.deletionVector(),
                file.baseRowId(),
                file.defaultRowCommitVersion(),
                file.clusteringProvider(),
                file.backReference(),
                file.amtPassthrough());
    }

    /** Where a data file is. */
    static Path pathOf(DeltaLog log, AddFile file) {
        return new Path(log.dataPath(), new Path(URI.create(file.path())));
    }

    /** The data file of each task that wrote one, by the number of the task's partition. */
    static Map<Integer, AddFile> byTask(Seq<FileAction> written) {
        Map<Integer, AddFile> files = new HashMap<>();
        for (FileAction action : CollectionConverters.asJava(written)) {
            Matcher name = DATA_FILE.matcher(action.path());
            if (!(action instanceof AddFile file)
                    || !name.find()
                    || files.put(Integer.parseInt(name.group(1)), file) != null) {
                throw new IllegalStateException("not one data file for each task: " + written);
            }
        }
        return files;
    }
}
