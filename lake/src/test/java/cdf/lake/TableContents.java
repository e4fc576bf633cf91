package cdf.lake;

import cdf.change.TableSchema;
import io.delta.tables.DeltaTable;
import org.apache.hadoop.fs.Path;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.CommitInfo;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Reads a table with Spark, as anybody would. Values are told as text: dates and times as ISO 8601 writes them, decimals
 * with all their digits, bytes in hex.
 */
final class TableContents {
    private final SparkSession spark;
    private final Path path;
    private final TableSchema schema;

    /** @param spark a session whose dates and times are those of java.time */
    TableContents(SparkSession spark, Path path, TableSchema schema) {
        this.spark = spark;
        this.path = path;
        this.schema = schema;
    }

    List<Map<String, @Nullable String>> rows() {
        return spark.read().format("delta").load(path.toString()).collectAsList().stream()
                .map(this::row)
                .toList();
    }

    /** The changes of each version that has some, from the first; an update is told once, with both images. */
    Map<Long, List<RowChange>> feed() {
        Map<Long, Map<List<@Nullable String>, Pair>> versions = new TreeMap<>();
        SchemaEvolution.allowFeed(spark, DeltaLog.forTable(spark, path));
        List<Row> changes = spark.read()
                .format("delta")
                .option("readChangeFeed", true)
                .option("startingVersion", 0)
                .load(path.toString())
                .collectAsList();
        for (Row change : changes) {
            Map<String, @Nullable String> row = row(change);
            long version = change.getAs("_commit_version");
            versions.computeIfAbsent(version, none -> new LinkedHashMap<>())
                    .computeIfAbsent(key(row), none -> new Pair())
                    .add(change.getAs("_change_type"), row);
        }
        Map<Long, List<RowChange>> feed = new TreeMap<>();
        versions.forEach((version, pairs) ->
                feed.put(version, pairs.values().stream().map(Pair::folded).toList()));
        return feed;
    }

    /** The user metadata of each commit that has some, by version. */
    Map<Long, String> userMetadata() {
        Map<Long, String> metadata = new HashMap<>();
        DeltaLog log = DeltaLog.forTable(spark, path);
        log.getChanges(0, Option.empty(), false).foreach(commit -> {
            for (Action action : CollectionConverters.asJava(commit._2())) {
                if (action instanceof CommitInfo info && info.userMetadata().isDefined()) {
                    metadata.put((Long) commit._1(), info.userMetadata().get());
                }
            }
            return null;
        });
        return metadata;
    }

    /** The dead letters beside the table, by partition and offset. */
    List<Row> deadLetters() {
        Path beside = DeadLetters.pathOf(path);
        return DeltaTable.isDeltaTable(spark, beside.toString())
                ? spark.read()
                        .format("delta")
                        .load(beside.toString())
                        .orderBy("partition", "offset")
                        .collectAsList()
                : List.of();
    }

    private Map<String, @Nullable String> row(Row row) {
        Map<String, @Nullable String> texts = new LinkedHashMap<>();
        schema.columns().forEach(column -> texts.put(column.name(), text(row.getAs(column.name()))));
        if (List.of(row.schema().fieldNames()).contains(TableColumns.SEQUENCE)) {
            texts.put(TableColumns.SEQUENCE, text(row.getAs(TableColumns.SEQUENCE)));
        }
        return texts;
    }

    private List<@Nullable String> key(Map<String, @Nullable String> row) {
        List<@Nullable String> key = new ArrayList<>();
        schema.key()
                .forEach(column -> key.add(row.get(schema.columns().get(column).name())));
        return key;
    }

    private static @Nullable String text(@Nullable Object value) {
        if (value == null) {
            return null;
        }
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        return value instanceof BigDecimal decimal ? decimal.toPlainString() : value.toString();
    }

    /** What one version did to one key: at most one delete and one insert. */
    private static final class Pair {
        private @Nullable Map<String, @Nullable String> deleted;
        private @Nullable Map<String, @Nullable String> inserted;

        void add(String change, Map<String, @Nullable String> row) {
            switch (change) {
                case "delete" -> {
                    assertThat(deleted).as("deleted twice in one version").isNull();
                    deleted = row;
                }
                case "insert" -> {
                    assertThat(inserted).as("inserted twice in one version").isNull();
                    inserted = row;
                }
                default -> throw new AssertionError("the engine writes no " + change);
            }
        }

        RowChange folded() {
            if (deleted != null && inserted != null) {
                return new RowChange.Update(deleted, inserted);
            }
            if (deleted != null) {
                return new RowChange.Delete(deleted);
            }
            if (inserted != null) {
                return new RowChange.Insert(inserted);
            }
            throw new IllegalStateException("nothing was added");
        }
    }
}
