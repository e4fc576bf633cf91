package cdf.generator;

import cdf.change.Operation;

import java.util.Optional;
import java.util.UUID;

/** One true change to the table of users; {@code number} counts the changes of a workload, from 1. */
public sealed interface Change {
    long number();

    /** The id of the row that was changed. */
    UUID id();

    Operation operation();

    /** The row as it was, if there was one. */
    default Optional<UserRow> before() {
        return Optional.empty();
    }

    /** The row as it is now, if there still is one. */
    default Optional<UserRow> after() {
        return Optional.empty();
    }

    record Created(long number, UserRow row) implements Change {
        @Override
        public UUID id() {
            return row.id();
        }

        @Override
        public Operation operation() {
            return Operation.CREATE;
        }

        @Override
        public Optional<UserRow> after() {
            return Optional.of(row);
        }
    }

    record Updated(long number, UserRow oldRow, UserRow row) implements Change {
        @Override
        public UUID id() {
            return row.id();
        }

        @Override
        public Operation operation() {
            return Operation.UPDATE;
        }

        @Override
        public Optional<UserRow> before() {
            return Optional.of(oldRow);
        }

        @Override
        public Optional<UserRow> after() {
            return Optional.of(row);
        }
    }

    record Deleted(long number, UserRow lastRow) implements Change {
        @Override
        public UUID id() {
            return lastRow.id();
        }

        @Override
        public Operation operation() {
            return Operation.DELETE;
        }

        @Override
        public Optional<UserRow> before() {
            return Optional.of(lastRow);
        }
    }
}
