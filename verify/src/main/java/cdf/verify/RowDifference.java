package cdf.verify;

import java.util.Optional;

/**
 * A row that the table does not have as it should.
 *
 * @param key as JSON
 * @param table the row that the table has, as JSON
 * @param expected the row that it should have, as JSON
 */
public record RowDifference(Kind kind, String key, Optional<String> table, Optional<String> expected) {
    /** In what way a row is not right. */
    public enum Kind {
        /** The table has not the row. */
        MISSING,
        /** The table has a row that it should not have. */
        EXTRA,
        /** The table has the row with other values. */
        DIFFERENT
    }
}
