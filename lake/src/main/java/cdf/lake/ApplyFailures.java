package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.hadoop.fs.Path;
import org.jspecify.annotations.Nullable;

/** Why a topic can not, or not now, be applied to a table, and what helps. */
final class ApplyFailures {
    private final Path table;
    private final String topic;

    ApplyFailures(Path table, String topic) {
        this.table = table;
        this.topic = topic;
    }

    CdfException anotherApplier(@Nullable Throwable cause) {
        return new CdfException(
                ExitCode.FAILED,
                "somebody else applies the topic " + topic + " to " + table + " at the same time",
                "let only one cdf apply run on a table; nothing was applied twice",
                cause);
    }

    CdfException changedAllTheTime(Exception conflict) {
        return new CdfException(
                ExitCode.FAILED,
                "the table " + table + " is changed by somebody else all the time: "
                        + String.valueOf(conflict.getMessage())
                                .lines()
                                .findFirst()
                                .orElse(""),
                "run cdf apply again when the other job is done",
                conflict);
    }

    CdfException schemaChangedByOther(@Nullable Throwable cause) {
        return new CdfException(
                ExitCode.FAILED,
                "somebody else changed the columns of the table " + table + " while it followed those of " + topic,
                "run cdf apply again when the other job is done",
                cause);
    }

    CdfException cannotFollow(OtherSchema other, String reason) {
        return new CdfException(
                ExitCode.FAILED,
                "the table " + table + " cannot follow a change of its schema, from offset " + other.offset()
                        + " of partition " + other.partition() + " of " + topic + " on: " + reason,
                "what is before it is applied; apply the topic to a new table, from a new snapshot");
    }

    /** Partitions of a topic have no order among each other: what depends on one cannot be applied. */
    CdfException truncatedInOneOf(int partitions) {
        return new CdfException(
                ExitCode.FAILED,
                "the table is truncated in one of the " + partitions + " partitions of " + topic
                        + ": which changes in the others came before that is not known",
                "write changes that can be truncations into a topic of one partition");
    }

    /** As with {@link #truncatedInOneOf}. */
    CdfException movedKey(String key, MovedKey moved) {
        return new CdfException(
                ExitCode.FAILED,
                "the key " + key + " changed in partition " + moved.from() + " and then in partition " + moved.to()
                        + " of " + topic + ": the order of its changes is not known",
                "write all changes of a key to one partition; after a change of their number, into a new topic");
    }
}
