package cdf.verify;

import cdf.change.TableSchema;
import cdf.verify.SourceSnapshot.Source;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What to verify.
 *
 * @param table the table's directory, or a URI that Hadoop knows
 * @param schema how the events are to be read; without one the table's own columns say it
 * @param feed whether the change data feed shall be checked as well
 * @param ledger the file in which {@code cdf generate} kept the truth, to be compared as well
 * @param source the database that the topic tells of, to be compared as well
 * @param conservedSum a column of numbers whose sum no transaction of the source changes: it must be the same in every
 *     version that ends a transaction; needs {@code feed}, and a topic of one partition
 */
public record VerifySettings(
        String topic,
        String table,
        Optional<TableSchema> schema,
        boolean feed,
        Optional<Path> ledger,
        Optional<Source> source,
        Optional<String> conservedSum) {
    /** The topic and the table alone. */
    public VerifySettings(
            String topic, String table, Optional<TableSchema> schema, boolean feed, Optional<Path> ledger) {
        this(topic, table, schema, feed, ledger, Optional.empty(), Optional.empty());
    }
}
