package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ColumnType.Kind;
import cdf.change.ExitCode;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import io.delta.exceptions.DeltaConcurrentModificationException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.Format;
import org.apache.spark.sql.delta.actions.Metadata;
import org.apache.spark.sql.types.StructType;
import scala.Option;
import scala.collection.immutable.Map$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.stream.Collectors;

/** Creates the Delta tables that changes are applied to, or checks the ones that exist. */
final class ChangeTables {
    private static final String DELETION_VECTORS = "delta.enableDeletionVectors";
    private static final String CHANGE_DATA_FEED = "delta.enableChangeDataFeed";
    private static final String FORGET_POSITIONS = "delta.setTransactionRetentionDuration";

    /** The columns that tell the table's rows apart, with commas between them. */
    private static final String KEY = "cdf.key";

    /** Where events have the number that orders them; not set if their order is the topic's. */
    private static final String SEQUENCE_BY = "cdf.sequence-by";

    /** Set to {@link #LEARNED} if the table follows the schemas of its events. */
    private static final String SCHEMA = "cdf.schema";

    private static final String LEARNED = "learned";

    /** What Delta makes in the log of a new table before the first version. */
    private static final String STAGED_COMMITS = "_staged_commits";

    private ChangeTables() {}

    /** Opens a table whose changes are in the order of the topic. */
    static DeltaLog open(SparkSession spark, Path path, TableSchema schema) {
        return open(spark, path, schema, Optional.empty(), false);
    }

    /** Opens a table that keeps the columns that it is given. */
    static DeltaLog open(SparkSession spark, Path path, TableSchema schema, Optional<SequencePath> sequenceBy) {
        return open(spark, path, schema, sequenceBy, false);
    }

    /** The columns and the key of the table, if there is one. */
    static Optional<TableSchema> schema(SparkSession spark, Path path) {
        DeltaLog log = DeltaLog.forTable(spark, path);
        return log.tableExists() ? Optional.of(schema(log)) : Optional.empty();
    }

    private static TableSchema schema(DeltaLog log) {
        Snapshot snapshot = log.unsafeVolatileSnapshot();
        Optional<String> key = property(snapshot, KEY);
        String ddl = TableColumns.ddl(
                snapshot.schema(), property(snapshot, SEQUENCE_BY).isPresent());
        List<String> problems = new ArrayList<>(key.map(columns -> TableSchema.problems(ddl, columns))
                .orElse(List.of("it does not say what its key is")));
        if (!isLearned(snapshot) && ddl.contains(" TIMESTAMP")) {
            problems.add("it does not say what an integer in an event counts that is a TIMESTAMP");
        }
        if (key.isEmpty() || !problems.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + log.dataPath() + " does not tell all of its schema: " + String.join("; ", problems),
                    "give its columns and its key with --schema and --key");
        }
        return TableSchema.parse(ddl, key.get());
    }

    /** Whether the table follows the schemas of its events. */
    static boolean isLearned(Snapshot snapshot) {
        return property(snapshot, SCHEMA).equals(Optional.of(LEARNED));
    }

    /**
     * Opens a table; creates it when there is none, with deletion vectors and the change data feed on.
     *
     * @param sequenceBy where events have the number that orders them, if the topic does not
     * @param learned whether a new table shall follow the schemas of its events
     * @throws CdfException if there is one with other columns, another key or another order of changes, or without what the engine needs, or if
     *     the directory has something else in it
     */
    static DeltaLog open(
            SparkSession spark, Path path, TableSchema schema, Optional<SequencePath> sequenceBy, boolean learned) {
        DeltaLog log = DeltaLog.forTable(spark, path);
        if (!log.tableExists()) {
            Optional<String> otherThing = otherThing(log);
            if (otherThing.isPresent()
                    && log.update(false, Option.empty(), Option.empty()).version() < 0) {
                throw new CdfException(
                        ExitCode.FAILED,
                        path + " is no Delta table, and there is something in it already: " + otherThing.get(),
                        "give the directory of a table, or one that is empty or does not exist yet, with --table");
            }
            Map<String, String> properties = new LinkedHashMap<>(properties(schema, sequenceBy));
            if (learned) {
                properties.put(SCHEMA, LEARNED);
            }
            requireRoom(schema, sequenceBy);
            create(log, TableColumns.structType(schema, sequenceBy.isPresent()), properties);
        }
        check(log, schema, sequenceBy);
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

    /**
     * Makes a table of no rows, if there is none: its first commit. Of two processes that do so at the same time one is
     * quicker, and both have the table then. (Delta's own way first looks whether the directory is empty, and fails if
     * the other one is half done.)
     */
    static void create(DeltaLog log, StructType columns, Map<String, String> properties) {
        OptimisticTransaction transaction = QuickTransaction.begin(log);
        if (transaction.readVersion() >= 0) {
            return;
        }
        Metadata metadata = new Metadata(
                UUID.randomUUID().toString(),
                null,
                null,
                new Format("parquet", Map$.MODULE$.empty()),
                columns.json(),
                CollectionConverters.asScala(List.<String>of()).toSeq(),
                Map$.MODULE$.from(CollectionConverters.asScala(properties)),
                Option.apply(System.currentTimeMillis()));
        try {
            transaction.updateMetadata(metadata, false);
            transaction.commit(
                    CollectionConverters.asScala(List.<Action>of()).toSeq(),
                    new DeltaOperations.CreateTable(metadata, false, false, Option.empty()));
        } catch (DeltaConcurrentModificationException existsNow) {
            // Somebody else was quicker: what matters is the table.
        }
        log.update(false, Option.empty(), Option.empty());
    }

    /** Sets a property of a table, in a commit of its own. */
    static void set(DeltaLog log, String property, String value) {
        OptimisticTransaction transaction = log.startTransaction(Option.empty(), Option.empty());
        Metadata metadata = transaction.metadata();
        Map<String, String> properties = new HashMap<>(CollectionConverters.asJava(metadata.configuration()));
        properties.put(property, value);
        commitMetadata(
                transaction,
                metadata.schemaString(),
                properties,
                new DeltaOperations.SetTableProperties(
                        Map$.MODULE$.from(CollectionConverters.asScala(Map.of(property, value)))));
    }

    /** Commits a table's schema, as JSON, and its properties, and leaves all else as it is. */
    static void commitMetadata(
            OptimisticTransaction transaction,
            String schema,
            Map<String, String> properties,
            DeltaOperations.Operation operation) {
        Metadata metadata = transaction.metadata();
        transaction.updateMetadata(
                metadata.copy(
                        metadata.id(),
                        metadata.name(),
                        metadata.description(),
                        metadata.format(),
                        schema,
                        metadata.partitionColumns(),
                        Map$.MODULE$.from(CollectionConverters.asScala(properties)),
                        metadata.createdTime()),
                false);
        long unused = transaction.commit(
                CollectionConverters.asScala(List.<Action>of()).toSeq(), operation);
    }

    /** Refuses a column where that of the sequence shall be. */
    private static void requireRoom(TableSchema schema, Optional<SequencePath> sequenceBy) {
        if (sequenceBy.isPresent() && ApplySettings.hasSequenceColumn(schema)) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the events have a column " + TableColumns.SEQUENCE + ", which is cdf's own with --sequence-by",
                    "leave the column out of what the connector captures, or leave --sequence-by out");
        }
    }

    private static Map<String, String> properties(TableSchema schema, Optional<SequencePath> sequenceBy) {
        Map<String, String> properties = new LinkedHashMap<>(properties(schema));
        sequenceBy.ifPresent(path -> properties.put(SEQUENCE_BY, path.toString()));
        return properties;
    }

    private static Map<String, String> properties(TableSchema schema) {
        return Map.of(
                DELETION_VECTORS,
                "true",
                CHANGE_DATA_FEED,
                "true",
                KEY,
                schema.keyText(),
                // A checkpoint costs time in proportion to the table's files: one for every hundred commits.
                "delta.checkpointInterval",
                "100",
                "delta.dataSkippingNumIndexedCols",
                "0",
                "delta.dataSkippingStatsColumns",
                keyWithStatistics(schema));
    }

    private static void check(DeltaLog log, TableSchema schema, Optional<SequencePath> sequenceBy) {
        Snapshot snapshot = log.unsafeVolatileSnapshot();
        checkOrder(log, property(snapshot, SEQUENCE_BY), sequenceBy.map(SequencePath::toString));
        StructType existing = snapshot.schema();
        StructType columns = TableColumns.structType(schema, sequenceBy.isPresent());
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

    private static void checkOrder(DeltaLog log, Optional<String> existing, Optional<String> wanted) {
        if (existing.equals(wanted)) {
            return;
        }
        String given = wanted.map(path -> "by " + path).orElse("in the order of the topic");
        throw existing.map(path -> new CdfException(
                        ExitCode.FAILED,
                        "the changes of the table " + log.dataPath() + " are applied by " + path + ", not " + given,
                        "give --sequence-by " + path + ", or another directory with --table"))
                .orElseGet(() -> new CdfException(
                        ExitCode.FAILED,
                        "the changes of the table " + log.dataPath() + " are applied in the order of the topic, not "
                                + given,
                        "leave --sequence-by out, or give another directory with --table"));
    }

    /** Refuses a table that cdf did not make as long as it has not all that the engine needs, and nothing against it. */
    private static void checkProperties(DeltaLog log, Snapshot snapshot, TableSchema schema) {
        Seq<String> partitionColumns = snapshot.metadata().partitionColumns();
        if (partitionColumns.nonEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + log.dataPath() + " is partitioned by " + partitionColumns.mkString(", ")
                            + ", and cdf writes the rows of all partitions into one file",
                    "give another directory with --table");
        }
        if (property(snapshot, FORGET_POSITIONS).isPresent()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + log.dataPath() + " would forget after some time how far it is in the topic",
                    "in Spark: ALTER TABLE delta.`" + log.dataPath() + "` UNSET TBLPROPERTIES ('" + FORGET_POSITIONS
                            + "')");
        }
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

    /** Something in the directory that is not from the creation of a table, if only from one that was interrupted. */
    private static Optional<String> otherThing(DeltaLog log) {
        Path path = log.dataPath();
        try {
            FileSystem files = path.getFileSystem(log.newDeltaHadoopConf());
            for (FileStatus found : list(files, path)) {
                if (!found.getPath().getName().equals(log.logPath().getName())) {
                    return Optional.of(found.getPath().getName());
                }
            }
            // What is in the log without a name of its own was not committed; the directory for such things comes
            // first.
            return Arrays.stream(list(files, log.logPath()))
                    .map(file -> file.getPath().getName())
                    .filter(name -> !name.startsWith(".") && !name.equals(STAGED_COMMITS))
                    .map(name -> log.logPath().getName() + "/" + name)
                    .findFirst();
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
