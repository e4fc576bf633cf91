package cdf.lake;

import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.VersionChecksum;
import org.apache.spark.sql.delta.actions.Action;
import org.apache.spark.sql.delta.actions.SetTransaction;
import scala.Option;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How far a table is: of each partition of the topic, the offset of the next record to apply; and the accounts of all
 * events that were applied so far. They are Delta transaction identifiers (Delta protocol, "Transaction Identifiers"),
 * {@code cdf/<topic>/<partition>} and {@code cdf/<topic>/<account>}, so that they are committed together with the data, and
 * outlive the commits' own entries in the log.
 */
final class Positions {
    private static final String APPLIED = "applied";
    private static final String SUPERSEDED = "superseded";
    private static final String IGNORED = "ignored";
    private static final String DEAD_LETTERED = "dead-lettered";

    private final String prefix;

    Positions(String topic) {
        this.prefix = "cdf/" + topic + "/";
    }

    /** The next offset of each partition that the table has a position for. */
    Map<Integer, Long> of(Snapshot snapshot) {
        Map<Integer, Long> positions = new HashMap<>();
        recorded(snapshot).forEach((name, number) -> {
            if (Character.isDigit(name.charAt(0))) {
                positions.put(Integer.parseInt(name), number);
            }
        });
        return positions;
    }

    /** The accounts of all that is in the table. */
    Accounting accounts(Snapshot snapshot) {
        Map<String, Long> recorded = recorded(snapshot);
        long applied = recorded.getOrDefault(APPLIED, 0L);
        long superseded = recorded.getOrDefault(SUPERSEDED, 0L);
        long ignored = recorded.getOrDefault(IGNORED, 0L);
        long deadLettered = recorded.getOrDefault(DEAD_LETTERED, 0L);
        return new Accounting(
                applied + superseded + ignored + deadLettered, applied, superseded, ignored, deadLettered);
    }

    private Map<String, Long> recorded(Snapshot snapshot) {
        Map<String, Long> recorded = new HashMap<>();
        for (SetTransaction transaction : CollectionConverters.asJava(transactions(snapshot))) {
            if (transaction.appId().startsWith(prefix)) {
                recorded.put(transaction.appId().substring(prefix.length()), transaction.version());
            }
        }
        return recorded;
    }

    /** The checksum of a version has them as well, and needs no job that reads the whole log; not all writers put them in. */
    static Seq<SetTransaction> transactions(Snapshot snapshot) {
        Option<VersionChecksum> checksum = snapshot.checksumOpt();
        boolean complete = checksum.isDefined()
                && checksum.get().setTransactions().isDefined()
                && snapshot.minSetTransactionRetentionTimestamp().isEmpty();
        return complete ? checksum.get().setTransactions().get() : snapshot.setTransactions();
    }

    /**
     * Makes the commit of a transaction fail if somebody else commits a position of one of these partitions at the same
     * time.
     */
    void guard(OptimisticTransaction transaction, Iterable<Integer> partitions) {
        partitions.forEach(partition -> transaction.readTxn().addOne(prefix + partition));
    }

    /** What a commit contains to record positions. */
    List<Action> record(Map<Integer, Long> nextOffsets) {
        List<Action> actions = new ArrayList<>();
        nextOffsets.forEach((partition, nextOffset) -> actions.add(record(partition.toString(), nextOffset)));
        return actions;
    }

    /** What a commit contains to record the accounts of all that is in the table then. */
    List<Action> record(Accounting accounts) {
        return List.of(
                record(APPLIED, accounts.applied()),
                record(SUPERSEDED, accounts.superseded()),
                record(IGNORED, accounts.ignored()),
                record(DEAD_LETTERED, accounts.deadLettered()));
    }

    private SetTransaction record(String name, long number) {
        return new SetTransaction(prefix + name, number, Option.empty());
    }
}
