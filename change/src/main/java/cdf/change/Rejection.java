package cdf.change;

import org.jspecify.annotations.Nullable;

/** Ends the decoding of one event: the reason and the column at fault, if one is; being ordinary, no stack trace. */
final class Rejection extends Exception {
    private static final long serialVersionUID = 1L;

    private final String reason;
    private final @Nullable String column;

    Rejection(String reason) {
        this(reason, null);
    }

    Rejection(String reason, @Nullable String column) {
        super(reason, null, false, false);
        this.reason = reason;
        this.column = column;
    }

    String reason() {
        return reason;
    }

    @Nullable
    String column() {
        return column;
    }
}
