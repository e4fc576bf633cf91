package cdf.change;

import java.util.Optional;

/**
 * One event of a change topic.
 *
 * <p>{@code timestampMillis} is the time of the change in milliseconds since 1970-01-01T00:00Z: the envelope's
 * {@code ts_ms}, or the Kafka record's timestamp where the envelope has none.
 */
public sealed interface ChangeEvent {
    long timestampMillis();

    /** The envelope's operation; a tombstone is no envelope and has none. */
    Optional<Operation> operation();

    /** The row that the change left behind, if it left one. */
    default Optional<Row> after() {
        return Optional.empty();
    }

    /** The row that the change found, if the event tells. */
    default Optional<Row> before() {
        return Optional.empty();
    }

    /** A new row. */
    record RowCreated(long timestampMillis, Row row) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.of(Operation.CREATE);
        }

        @Override
        public Optional<Row> after() {
            return Optional.of(row);
        }
    }

    /** A row that a snapshot found: it may be known already. */
    record RowRead(long timestampMillis, Row row) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.of(Operation.READ);
        }

        @Override
        public Optional<Row> after() {
            return Optional.of(row);
        }
    }

    /** A changed row; what it was before is known only to sources that keep it. */
    record RowUpdated(long timestampMillis, Optional<Row> before, Row row) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.of(Operation.UPDATE);
        }

        @Override
        public Optional<Row> after() {
            return Optional.of(row);
        }
    }

    /** A row that is gone; without {@code before} the Kafka record's key alone says which. */
    record RowDeleted(long timestampMillis, Optional<Row> before) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.of(Operation.DELETE);
        }
    }

    /** All rows are gone. */
    record TableTruncated(long timestampMillis) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.of(Operation.TRUNCATE);
        }
    }

    /** A message that somebody wrote into the database's log: it changes no row. */
    record LogicalMessage(long timestampMillis) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.of(Operation.MESSAGE);
        }
    }

    /** The null value that lets Kafka's log compaction forget a deleted key: it changes no row. */
    record Tombstone(long timestampMillis) implements ChangeEvent {
        @Override
        public Optional<Operation> operation() {
            return Optional.empty();
        }
    }
}
