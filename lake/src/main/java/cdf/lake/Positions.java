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
 * The positions that a table records: of each partition of the topic, the offset of the next record to apply. They are
 * Delta transaction identifiers (Delta protocol, "Transaction Identifiers"), {@code cdf/<topic>/<partition>}, so that
 * they are committed together with the data.
 */
final class Positions {
    private final String prefix;

    Positions(String topic) {
        this.prefix = "cdf/" + topic + "/";
    }

    /** The next offset of each partition that the table has a position for. */
    Map<Integer, Long> of(Snapshot snapshot) {
        Map<Integer, Long> positions = new HashMap<>();
        for (SetTransaction recorded : CollectionConverters.asJava(transactions(snapshot))) {
            if (recorded.appId().startsWith(prefix)) {
                positions.put(Integer.parseInt(recorded.appId().substring(prefix.length())), recorded.version());
            }
        }
        return positions;
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
        nextOffsets.forEach((partition, nextOffset) ->
                actions.add(new SetTransaction(prefix + partition, nextOffset, Option.empty())));
        return actions;
    }
}
