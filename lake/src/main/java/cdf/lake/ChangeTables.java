package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ColumnType.Kind;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import io.delta.exceptions.DeltaConcurrentModificationException;
import io.delta.tables.DeltaTable;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.types.StructType;
import scala.Option;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** Creates the Delta tables that changes are applied to, or checks the ones that exist. */
final class ChangeTables {
    private static final String DELETION_VECTORS = "delta.enableDeletionVectors";
    private static final String CHANGE_DATA_FEED = "delta.enableChangeDataFeed";

    /** The columns that tell the table's rows apart, with commas between them. */
    private static final String KEY = "cdf.key";

    private ChangeTables() {}

    /**
     * Opens a table; creates it when there is none, with deletion vectors and the change data feed on.
     *
     * @throws CdfException if there is one with other columns, with another key or without what the engine needs, or if
     *     the directory has something else in it
     */
    static DeltaLog open(SparkSession spark, Path path, TableSchema schema) {
        DeltaLog log = DeltaLog.forTable(spark, path);
        if (!log.tableExists()) {
            clear(log);
            create(spark, log.dataPath(), schema);
            log.update(false, Option.empty(), Option.empty());
        }
        check(log, schema);
        return log;
    }

    /** The columns that tell a table's rows apart; empty if the table does not say. */
    static Optional<List<String>> key(Snapshot snapshot) {
        return property(snapshot, KEY).map(key -> List.of(key.split(",")));
    }

    /** What makes a table say, from its next version on, which columns tell its rows apart. */
    static String sqlToSetKey(DeltaLog log, String key) {
        return sqlToSet(log, Map.of(KEY, key));
    }

    /** What makes a table keep its changes, from its next version on. */
    static String sqlToTurnOnFeed(DeltaLog log) {
        return sqlToSet(log, Map.of(CHANGE_DATA_FEED, "true"));
    }

    private static void create(SparkSession spark, Path path, TableSchema schema) {
        try {
            DeltaTable.createIfNotExists(spark)
                    .location(path.toString())
                    .addColumns(TableColumns.structType(schema))
                    .property(DELETION_VECTORS, "true")
                    .property(CHANGE_DATA_FEED, "true")
                    .property(KEY, schema.keyText())
                    // A checkpoint costs time in proportion to the table's files: one for every hundred commits.
                    .property("delta.checkpointInterval", "100")
                    .property("delta.dataSkippingNumIndexedCols", "0")
                    .property("delta.dataSkippingStatsColumns", keyWithStatistics(schema))
                    .execute();
        } catch (DeltaConcurrentModificationException existsNow) {
            // Somebody else was quicker: what matters is the table, which is looked at next.
        }
    }

    private static void check(DeltaLog log, TableSchema schema) {
        Snapshot snapshot = log.unsafeVolatileSnapshot();
        StructType existing = snapshot.schema();
        StructType columns = TableColumns.structType(schema);
        if (!existing.sql().equals(columns.sql())) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + log.dataPath() + " has other columns: " + existing.toDDL() + ", not "
                            + columns.toDDL(),
                    "give its own columns with --schema, or another directory with --table");
        }
        Optional<String> key = property(snapshot, KEY);
        if (key.isPresent() && !key.get().equals(schema.keyText())) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + log.dataPath() + " has another key: " + key.get() + ", not " + schema.keyText(),
                    "give its own key with --key, or another directory with --table");
        }
        checkProperties(log, snapshot, schema);
    }

    /** Refuses a table that cdf did not make as long as it has not all that the engine needs. */
    private static void checkProperties(DeltaLog log, Snapshot snapshot, TableSchema schema) {
        Map<String, String> missing = new LinkedHashMap<>();
        List.of(DELETION_VECTORS, CHANGE_DATA_FEED).forEach(property -> {
            if (!"true".equalsIgnoreCase(property(snapshot, property).orElse(""))) {
                missing.put(property, "true");
            }
        });
        if (property(snapshot, KEY).isEmpty()) {
            missing.put(KEY, schema.keyText());
        }
        if (!missing.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cdf did not make the table " + log.dataPath() + ", and it has not set "
                            + String.join(", ", missing.keySet()),
                    "set it in Spark: " + sqlToSet(log, missing));
        }
    }

    private static String sqlToSet(DeltaLog log, Map<String, String> properties) {
        return "ALTER TABLE delta.`" + log.dataPath() + "` SET TBLPROPERTIES ("
                + properties.entrySet().stream()
                        .map(property -> "'" + property.getKey() + "' = '" + property.getValue() + "'")
                        .collect(Collectors.joining(", "))
                + ")";
    }

    private static Optional<String> property(Snapshot snapshot, String name) {
        Option<String> value = snapshot.metadata().configuration().get(name);
        return value.isDefined() ? Optional.of(value.get()) : Optional.empty();
    }

    /**
     * Refuses a directory with something in it. The log of a table whose creation was interrupted is deleted, for Delta
     * creates a table only in an empty directory.
     */
    private static void clear(DeltaLog log) {
        Path path = log.dataPath();
        try {
            FileSystem files = path.getFileSystem(log.newDeltaHadoopConf());
            FileStatus[] found = list(files, path);
            if (found.length == 1 && found[0].getPath().equals(log.logPath()) && isUnfinished(files, log.logPath())) {
                files.delete(log.logPath(), true);
            } else if (found.length > 0) {
                throw new CdfException(
                        ExitCode.FAILED,
                        path + " is no Delta table, and there is something in it already: "
                                + found[0].getPath().getName(),
                        "give the directory of a table, or one that is empty or does not exist yet, with --table");
            }
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot read the directory " + path + ": " + failure.getMessage(),
                    "see that you may read it and write to it",
                    failure);
        }
    }

    private static FileStatus[] list(FileSystem files, Path path) throws IOException {
        try {
            return files.listStatus(path);
        } catch (FileNotFoundException absent) {
            return new FileStatus[0];
        }
    }

    /** Whether there are only files in the log that were not yet given their names. */
    private static boolean isUnfinished(FileSystem files, Path logPath) throws IOException {
        return Arrays.stream(files.listStatus(logPath))
                .allMatch(file -> file.isFile() && file.getPath().getName().startsWith("."));
    }

    /** The key's columns but those of types that Delta has no statistics for, which it refuses here. */
    private static String keyWithStatistics(TableSchema schema) {
        return schema.key().stream()
                .map(schema.columns()::get)
                .filter(column ->
                        column.type().kind() != Kind.BOOLEAN && column.type().kind() != Kind.BINARY)
                .map(column -> "`" + column.name() + "`")
                .collect(Collectors.joining(","));
    }
}
