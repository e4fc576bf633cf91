package cdf.verify;

import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;

/** What an event says, once more decoded. */
sealed interface PlainEvent {
    /**
     * The row of the key is this one from now on.
     *
     * @param unavailable the columns, by their index, that keep the values that they had
     * @param sequence 0 where the topic's order counts
     */
    record Upserted(Object key, List<@Nullable Object> row, List<Integer> unavailable, long sequence)
            implements PlainEvent {}

    /** There is no row of the key any more. */
    record Deleted(Object key, long sequence) implements PlainEvent {}

    /** There are no rows any more. */
    record Truncated() implements PlainEvent {}

    /** A tombstone or a message in the database's log: no row changes. */
    record Nothing() implements PlainEvent {}

    /** No event of the table, perhaps because of one column. */
    record Unreadable(Optional<String> column) implements PlainEvent {}
}
