package cdf.verify;

import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The sum of a column that no transaction of the source changes: in each version of the table that ends a transaction it
 * must be the same. Used by one thread.
 */
final class ConservedSum {
    private static final int SHOWN = 3;

    private final int column;
    private final TransactionEnds ends;
    private BigDecimal sum = BigDecimal.ZERO;
    private @Nullable BigDecimal expected;
    private long versions;
    private final List<Long> wrong = new ArrayList<>();

    /** @param column the index of the column */
    ConservedSum(int column, TransactionEnds ends) {
        this.column = column;
        this.ends = ends;
    }

    /** Where the transactions end: to be told of the whole topic before the first version. */
    TransactionEnds ends() {
        return ends;
    }

    /**
     * Takes the next version.
     *
     * @param position up to which offset of the topic it has come
     */
    void take(
            long version, long position, List<List<@Nullable Object>> deleted, List<List<@Nullable Object>> inserted) {
        sum = sum.add(sum(inserted)).subtract(sum(deleted));
        if (!ends.isBetween(position)) {
            return;
        }
        versions++;
        if (expected == null) {
            expected = sum;
        } else if (expected.compareTo(sum) != 0) {
            wrong.add(version);
        }
    }

    /** How many versions ended a transaction. */
    long versions() {
        return versions;
    }

    /** What is wrong, in a sentence. */
    Optional<String> finding() {
        return wrong.isEmpty()
                ? Optional.empty()
                : Optional.of("the sum is not " + expected + " in " + wrong.size()
                        + " versions that end a transaction, such as "
                        + wrong.subList(0, Math.min(SHOWN, wrong.size())));
    }

    private BigDecimal sum(List<List<@Nullable Object>> rows) {
        BigDecimal total = BigDecimal.ZERO;
        for (List<@Nullable Object> row : rows) {
            Object value = row.get(column);
            if (value instanceof BigDecimal decimal) {
                total = total.add(decimal);
            } else if (value instanceof Number number) {
                total = total.add(BigDecimal.valueOf(number.longValue()));
            }
        }
        return total;
    }
}
