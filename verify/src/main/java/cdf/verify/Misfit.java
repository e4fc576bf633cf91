package cdf.verify;

import cdf.change.Column;

import java.util.Optional;

/** Ends the reading of an event; ordinary, so without a stack trace. */
final class Misfit extends Exception {
    private static final long serialVersionUID = 1L;

    @SuppressWarnings("serial") // never serialized
    private final Optional<String> column;

    Misfit() {
        this(Optional.empty());
    }

    Misfit(Column column) {
        this(Optional.of(column.name()));
    }

    private Misfit(Optional<String> column) {
        super("", null, false, false);
        this.column = column;
    }

    /** The column at fault, if one is. */
    Optional<String> column() {
        return column;
    }
}
