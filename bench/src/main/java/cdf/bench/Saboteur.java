package cdf.bench;

import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.SetTransaction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.streaming.OutputMode;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Does to a table what an applier with a bug would do: to prove that the checks can fail. */
final class Saboteur {
    private Saboteur() {}

    /** Moves the positions that a table records and that are not at the end, forward or back, but nothing else. */
    static void movePositions(
            SparkSession spark, String table, String topic, Map<Integer, Long> ends, boolean forward) {
        DeltaLog log = DeltaLog.forTable(spark, table);
        OptimisticTransaction transaction = log.startTransaction(Option.empty(), Option.empty());
        String prefix = "cdf/" + topic + "/";
        List<Action> moved = new ArrayList<>();
        for (SetTransaction position :
                CollectionConverters.asJava(transaction.snapshot().setTransactions())) {
            boolean isPosition = position.appId().startsWith(prefix)
                    && Character.isDigit(position.appId().charAt(prefix.length()));
            if (isPosition
                    && position.version() > 0
                    && position.version()
                            < ends.getOrDefault(
                                    Integer.parseInt(position.appId().substring(prefix.length())), 0L)) {
                moved.add(
                        new SetTransaction(position.appId(), position.version() + (forward ? 1 : -1), Option.empty()));
            }
        }
        if (moved.isEmpty()) {
            throw new IllegalStateException("there is no position to move");
        }
        commit(transaction, moved);
    }

    /** Deletes a row. */
    static void loseARow(SparkSession spark, String table) {
        String last =
                spark.sql("SELECT max(id) FROM delta.`" + table + "`").first().getString(0);
        DeltaTable.forPath(spark, table).delete(functions.col("id").equalTo(last));
    }

    /** In one commit, gives a row another balance and deletes not its old version but another row. */
    static void takeAnotherRow(SparkSession spark, String table) {
        String key = "(SELECT %s(id) AS id FROM delta.`" + table + "`)";
        sql(
                spark,
                "MERGE INTO delta.`%s` AS t USING (SELECT first(id) AS id, 'delete' AS what FROM %s UNION ALL"
                        + " SELECT first(id), 'insert' FROM %s) AS s ON t.id = s.id AND s.what = 'delete'"
                        + " WHEN MATCHED THEN DELETE WHEN NOT MATCHED THEN INSERT (id, balance) VALUES (s.id, -1)",
                table,
                String.format(Locale.ROOT, key, "min"),
                String.format(Locale.ROOT, key, "max"));
    }

    private static void sql(SparkSession spark, String statement, Object... parts) {
        List<Row> unused =
                spark.sql(String.format(Locale.ROOT, statement, parts)).collectAsList();
    }

    private static void commit(OptimisticTransaction transaction, List<Action> actions) {
        long unused = transaction.commit(
                CollectionConverters.asScala(actions).toSeq(),
                new DeltaOperations.StreamingUpdate(OutputMode.Append(), "sabotage", 0, Option.empty()));
    }
}
