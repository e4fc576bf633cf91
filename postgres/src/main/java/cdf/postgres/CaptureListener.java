package cdf.postgres;

import java.util.Collection;

/**
 * Told what a capture does, from its own threads, one call at a time. All methods do nothing unless they are overridden.
 */
public interface CaptureListener {
    /**
     * The slot is there; events come from now on.
     *
     * @param slot the replication slot's name
     * @param snapshotTables the tables that are read first; none when an earlier run has read them all
     */
    default void started(String slot, String publication, Collection<TableName> snapshotTables) {}

    /** All tables are read: from now on their changes come as they are committed. */
    default void streaming() {}

    /** About once a second. */
    default void progress(CaptureProgress progress) {}

    /** Something that the user may want to know, in one line. */
    default void notice(String line) {}
}
