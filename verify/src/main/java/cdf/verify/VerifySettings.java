package cdf.verify;

import cdf.change.TableSchema;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What to verify.
 *
 * @param table the table's directory, or a URI that Hadoop knows
 * @param schema how the events are to be read; without one the table's own columns say it
 * @param feed whether the change data feed shall be checked as well
 * @param ledger the file in which {@code cdf generate} kept the truth, to be compared as well
 */
public record VerifySettings(
        String topic, String table, Optional<TableSchema> schema, boolean feed, Optional<Path> ledger) {}
