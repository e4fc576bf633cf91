package cdf.lake;

import org.jspecify.annotations.Nullable;

import java.util.Map;

/** A change of one row, as the change data feed tells it; rows are the text of each column, or null. */
sealed interface RowChange {
    record Insert(Map<String, @Nullable String> row) implements RowChange {}

    record Update(Map<String, @Nullable String> before, Map<String, @Nullable String> after) implements RowChange {}

    record Delete(Map<String, @Nullable String> row) implements RowChange {}
}
