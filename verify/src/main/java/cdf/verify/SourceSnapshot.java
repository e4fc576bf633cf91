package cdf.verify;

import cdf.change.Column;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * The table of the source database at one moment. The moment lies between two transactions, so the topic tells of it as
 * well: it is what the topic adds up to without the transactions that the moment does not {@link #includes}.
 */
public interface SourceSnapshot extends AutoCloseable {
    /** A way to the source database. */
    @FunctionalInterface
    interface Source {
        /** Chooses a moment: now. */
        SourceSnapshot open();
    }

    /**
     * Waits until the topic has every change that the moment includes.
     *
     * @param waiting is told again and again what is waited for; may throw, to end the waiting
     */
    void awaitCaptured(Consumer<String> waiting);

    /** Whether the moment is after the commit of a transaction, by the number that events have as {@code source.txId}. */
    boolean includes(long transaction);

    /** The names of the columns that the source's table has. */
    Set<String> columns();

    /** Whether the source can give the values of a column as events have them. */
    boolean isReadable(Column column);

    /**
     * Reads all rows.
     *
     * @param columns the columns to read, all of which must be {@linkplain #isReadable readable}
     * @param reader takes a row's values in the order of the columns: String, Boolean, BigDecimal (INT, BIGINT and DECIMAL,
     *     which may be too small for it), Integer (DATE, in days since 1970-01-01), Long (TIMESTAMP, in microseconds since
     *     1970-01-01T00:00Z), Double, or Float where the source has no more, the hexadecimal digits of a BINARY, or null
     */
    void rows(List<Column> columns, Consumer<List<@Nullable Object>> reader);

    @Override
    void close();
}
