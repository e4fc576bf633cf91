package cdf.lake;

/** The points of applying a topic at which the process may die and nothing is lost or doubled. */
public enum ApplyStep {
    BATCH_STARTED,
    /** The batch's new rows are in files that no version of the table has yet. */
    FILES_WRITTEN,
    /** The batch's dead letters are in files that no version of their table has yet. */
    DEAD_LETTERS_WRITTEN,
    /** The batch's dead letters are in their table, the batch is not in the table yet. */
    DEAD_LETTERS_COMMITTED,
    /** The batch's tombstones are in their table, the batch is not in the table yet; only if changes have a sequence. */
    TOMBSTONES_COMMITTED,
    /** The batch is in the table, and Spark does not know it yet. */
    COMMITTED,
    /** The table has another schema, and what comes of it is not applied yet. */
    SCHEMA_COMMITTED,
    /** The merged rows are in a file that no version of the table has yet. */
    COMPACTED_FILES_WRITTEN,
    COMPACTION_COMMITTED
}
