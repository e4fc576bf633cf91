package cdf.generator;

import java.util.Objects;

/**
 * The fields of an envelope's {@code source} block (Debezium documentation, "Debezium connector for PostgreSQL", "Data
 * change events"), and what this source says of itself in them.
 */
final class SourceBlock {
    static final String VERSION = "version";
    static final String CONNECTOR = "connector";
    static final String NAME = "name";
    static final String TIMESTAMP = "ts_ms";
    static final String SNAPSHOT = "snapshot";
    static final String DATABASE = "db";
    static final String SCHEMA = "schema";
    static final String TABLE = "table";

    /** The transaction of the change: every change is one of its own, so this is the number of the change. */
    static final String TRANSACTION_ID = "txId";

    /** The change's place in the database's log: the number of the change, so it rises from change to change. */
    static final String LOG_SEQUENCE_NUMBER = "lsn";

    /** The connector, and the prefix of its topics and schemas. */
    static final String CDF = "cdf";

    private SourceBlock() {}

    /** The version of the jar that this class comes from. */
    static String version() {
        return Objects.requireNonNullElse(SourceBlock.class.getPackage().getImplementationVersion(), "dev");
    }
}
