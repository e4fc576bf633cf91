package cdf.change;

/**
 * The field names of a change event's JSON envelope: the one definition that readers, writers and documents use.
 *
 * <p>The envelope is Debezium's (Debezium documentation, "Data change events"): {@code {"op","ts_ms","before","after"}},
 * bare, with a {@code source} block, or as the {@code payload} of {@code {"schema","payload"}}.
 */
public final class Envelope {
    /** The kind of change, one letter: see {@link Operation}. */
    public static final String OPERATION = "op";

    /** When the change was made, in milliseconds since 1970-01-01T00:00Z. */
    public static final String TIMESTAMP = "ts_ms";

    /** The row before the change, or null. */
    public static final String BEFORE = "before";

    /** The row after the change, or null. */
    public static final String AFTER = "after";

    /** Where the change comes from: connector, database, table and log position. */
    public static final String SOURCE = "source";

    /** The Kafka Connect schema of a wrapped event. */
    public static final String SCHEMA = "schema";

    /** The envelope inside a wrapped event. */
    public static final String PAYLOAD = "payload";

    private Envelope() {}
}
