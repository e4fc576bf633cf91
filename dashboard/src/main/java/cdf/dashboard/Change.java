package cdf.dashboard;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.Operation;
import cdf.change.Row;
import cdf.change.Value;

import java.util.Optional;

/**
 * A record of the topic, and what reading it came to.
 *
 * @param timestampMillis when it was sent: Kafka's timestamp, in milliseconds since 1970-01-01T00:00Z
 * @param key the key as text, if the record has one
 */
public record Change(int partition, long offset, long timestampMillis, Optional<String> key, Decoded decoded) {
    private static final String ID = "id";

    /** What kind of change it is. */
    Kind kind() {
        return decoded instanceof Decoded.Accepted accepted ? Kind.of(accepted.event()) : Kind.REJECTED;
    }

    /** The row's id column, or else the record's key, or else its place in the topic. */
    String id() {
        Optional<String> column = decoded instanceof Decoded.Accepted accepted
                ? accepted.event().after().or(accepted.event()::before).flatMap(Change::idOf)
                : Optional.empty();
        return column.or(this::key).orElseGet(() -> partition + "@" + offset);
    }

    private static Optional<String> idOf(Row row) {
        return Optional.ofNullable(row.columns().get(ID)).map(Value::text);
    }

    /** The kinds of change, for counting and for filtering. */
    enum Kind {
        CREATE,
        UPDATE,
        DELETE,
        READ,
        TRUNCATE,
        MESSAGE,
        TOMBSTONE,
        REJECTED;

        static Kind of(ChangeEvent event) {
            Optional<Operation> operation = event.operation();
            if (operation.isEmpty()) {
                return TOMBSTONE;
            }
            return switch (operation.get()) {
                case CREATE -> CREATE;
                case UPDATE -> UPDATE;
                case DELETE -> DELETE;
                case READ -> READ;
                case TRUNCATE -> TRUNCATE;
                case MESSAGE -> MESSAGE;
            };
        }
    }
}
