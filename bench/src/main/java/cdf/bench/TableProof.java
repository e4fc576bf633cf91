package cdf.bench;

import cdf.bench.TopicReplay.Place;
import cdf.bench.TopicReplay.User;
import io.delta.tables.DeltaTable;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Holds a table of users, its change data feed, its dead letters and its accounts to a plain replay of the topic.
 *
 * @param rows the rows of the table
 * @param version its newest version
 * @param deadLetters how many there are
 * @param compactions how many commits merged files
 * @param differences what is wrong, a sentence each; empty when all is right
 */
record TableProof(long rows, long version, long deadLetters, long compactions, List<String> differences) {
    /** A feed of hundreds of versions in one query would be hundreds of scans at a time. */
    private static final int VERSIONS_AT_A_TIME = 20;

    /** Reads the table in every way that there is, once each: nothing that is worth compiling. */
    static TableProof of(SparkSession spark, String table, TopicReplay truth) {
        SparkSession session = spark.newSession();
        session.conf().set("spark.sql.codegen.wholeStage", false);
        session.conf().set("spark.sql.codegen.factoryMode", "NO_CODEGEN");
        return new Reader(session, table, truth).read();
    }

    private static final class Reader {
        private final SparkSession spark;
        private final String table;
        private final TopicReplay truth;
        private final List<String> differences = new ArrayList<>();

        Reader(SparkSession spark, String table, TopicReplay truth) {
            this.spark = spark;
            this.table = table;
            this.truth = truth;
        }

        TableProof read() {
            Map<String, User> users = new HashMap<>();
            for (Row row : delta(table).select("id", "name", "balance").collectAsList()) {
                if (users.put(row.getString(0), userOf(row)) != null) {
                    differences.add("the table has two rows of " + row.getString(0));
                }
            }
            compare("the table", users);
            Dataset<Row> history = DeltaTable.forPath(spark, table).history();
            long newestVersion =
                    history.select(functions.max("version")).first().getLong(0);
            compare("the change data feed", replayFeed(newestVersion));
            long letters = checkDeadLetters();
            checkAccounts(history);
            return new TableProof(
                    users.size(),
                    newestVersion,
                    letters,
                    history.where("operation = 'OPTIMIZE'").count(),
                    List.copyOf(differences));
        }

        private Dataset<Row> delta(String path) {
            return spark.read().format("delta").load(path);
        }

        private static User userOf(Row row) {
            return new User(row.getString(1), row.getLong(2));
        }

        private void compare(String what, Map<String, User> users) {
            Set<String> ids = new TreeSet<>(users.keySet());
            ids.addAll(truth.users().keySet());
            for (String id : ids) {
                User found = users.get(id);
                User expected = truth.users().get(id);
                if (found == null || !found.equals(expected)) {
                    differences.add(what + " has " + found + " as " + id + ", the topic " + expected);
                }
            }
        }

        /** Takes rows away and puts them, as the feed says; what is taken away must be there as the feed says it was. */
        private Map<String, User> replayFeed(long newestVersion) {
            Map<String, User> users = new HashMap<>();
            for (long first = 0; first <= newestVersion; first += VERSIONS_AT_A_TIME) {
                feed(first, Math.min(newestVersion, first + VERSIONS_AT_A_TIME - 1))
                        .forEach(change -> replay(change, users));
            }
            return users;
        }

        /** The changes in the order of their versions, in a version first what is taken away. */
        private List<Row> feed(long firstVersion, long lastVersion) {
            List<Row> changes = new ArrayList<>(spark.read()
                    .format("delta")
                    .option("readChangeFeed", true)
                    .option("startingVersion", firstVersion)
                    .option("endingVersion", lastVersion)
                    .load(table)
                    .withColumn("added", functions.col("_change_type").isin("insert", "update_postimage"))
                    .select("id", "name", "balance", "added", "_commit_version")
                    .collectAsList());
            changes.sort(Comparator.<Row>comparingLong(change -> change.getLong(4))
                    .thenComparing(change -> change.getBoolean(3)));
            return changes;
        }

        private void replay(Row change, Map<String, User> users) {
            String id = change.getString(0);
            boolean taken = !change.getBoolean(3);
            Optional<User> before = Optional.ofNullable(taken ? users.remove(id) : users.put(id, userOf(change)));
            Optional<User> expected = taken ? Optional.of(userOf(change)) : Optional.empty();
            if (!before.equals(expected)) {
                differences.add("version " + change.getLong(4) + " of the feed says that " + id + " was " + expected
                        + ", but it was " + before);
            }
        }

        private long checkDeadLetters() {
            List<Place> letters = delta(table + "-dead-letters").select("partition", "offset").collectAsList().stream()
                    .map(row -> new Place(row.getInt(0), row.getLong(1)))
                    .sorted()
                    .toList();
            List<Place> expected = truth.unreadable().stream().sorted().toList();
            if (!letters.equals(expected)) {
                List<Place> tooMany = without(letters, expected);
                List<Place> missing = without(expected, letters);
                differences.add(
                        "dead letters that should not be there, or not twice: " + tooMany + "; missing: " + missing);
            }
            return letters.size();
        }

        private static List<Place> without(List<Place> places, List<Place> others) {
            List<Place> left = new ArrayList<>(places);
            others.forEach(left::remove);
            return left;
        }

        private void checkAccounts(Dataset<Row> history) {
            Row sums = history.where("operation = 'STREAMING UPDATE'")
                    .selectExpr(
                            "sum(get_json_object(userMetadata, '$.read')) cast",
                            "sum(get_json_object(userMetadata, '$.deadLettered')) cast")
                    .first();
            if (sums.getDouble(0) != truth.records()
                    || sums.getDouble(1) != truth.unreadable().size()) {
                differences.add("the commits account for " + sums.get(0) + " records and " + sums.get(1)
                        + " dead letters, but the topic has " + truth.records() + " and "
                        + truth.unreadable().size());
            }
        }
    }
}
