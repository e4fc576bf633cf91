package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.TopicContents;
import io.delta.exceptions.DeltaConcurrentModificationException;
import org.apache.spark.sql.delta.DeltaLog;
import scala.Option;
import scala.jdk.javaapi.OptionConverters;

import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * Holds a table to the topic that it was made from: what comes next in the topic must be there, and the topic must be
 * the same one and not another of its name. Which one it is stands in a property of the table.
 */
final class TopicBinding {
    /** What Kafka says of a topic whose broker gives topics no identity. */
    private static final String NO_ID = "AAAAAAAAAAAAAAAAAAAAAA";

    private final DeltaLog log;
    private final String topic;
    private final String property;

    TopicBinding(DeltaLog log, String topic) {
        this.log = log;
        this.topic = topic;
        this.property = "cdf.topic-id." + topic;
    }

    /**
     * Checks that the table can go on with the topic, and takes the topic's identity down.
     *
     * @param recorded the table's positions; if there are none, the topic may begin anywhere
     * @throws CdfException if what comes next is not there
     */
    void check(Map<Integer, Long> recorded, TopicContents contents) {
        Optional<String> known = recordedId();
        boolean same =
                known.isEmpty() || contents.id().equals(NO_ID) || known.get().equals(contents.id());
        if (!recorded.isEmpty()) {
            Set<Integer> partitions = new TreeSet<>(recorded.keySet());
            partitions.addAll(contents.endOffsets().keySet());
            for (int partition : partitions) {
                check(partition, recorded.getOrDefault(partition, 0L), same, contents);
            }
        }
        if (!contents.id().equals(NO_ID) && !known.equals(Optional.of(contents.id()))) {
            takeDown(contents.id());
        }
    }

    private Optional<String> recordedId() {
        return OptionConverters.toJava(
                        log.unsafeVolatileSnapshot().metadata().configuration().get(property))
                .filter(id -> !id.equals(NO_ID));
    }

    private void takeDown(String id) {
        try {
            ChangeTables.set(log, property, id);
        } catch (DeltaConcurrentModificationException conflict) {
            log.update(false, Option.empty(), Option.empty());
            if (!recordedId().equals(Optional.of(id))) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "somebody else changed the table " + log.dataPath() + " when cdf began to apply " + topic,
                        "run cdf apply again when the other job is done",
                        conflict);
            }
        }
    }

    private void check(int partition, long position, boolean same, TopicContents contents) {
        Long first = contents.beginningOffsets().get(partition);
        Long end = contents.endOffsets().get(partition);
        if (first == null || end == null) {
            throw recreated(
                    partition, position, "has only " + contents.endOffsets().size() + " partitions");
        }
        String there =
                first.equals(end) ? "has no records there, and ends at " + end : "has " + first + " to " + (end - 1);
        if (!same || position > end) {
            throw recreated(partition, position, there);
        }
        if (position < first) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "what comes next is gone from " + topic + ": in partition " + partition + " the table "
                            + log.dataPath() + " stands at offset " + position + ", and the topic " + there,
                    "give topics a longer retention; apply the topic to a new table, from a new snapshot");
        }
    }

    private CdfException recreated(int partition, long position, String there) {
        return new CdfException(
                ExitCode.FAILED,
                "the topic " + topic + " is not the one that " + log.dataPath()
                        + " was made from, it was deleted and created again: in partition " + partition
                        + " the table stands at offset " + position + ", and the topic " + there,
                "apply the new topic to a new table");
    }
}
