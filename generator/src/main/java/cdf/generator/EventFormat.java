package cdf.generator;

/** What a change looks like as JSON. */
public enum EventFormat {
    /** The change alone: {@code {"op","ts_ms","before","after"}}. */
    PLAIN,

    /** Debezium's envelope with a {@code source} block, as Kafka Connect's JSON converter writes it without schemas. */
    DEBEZIUM,

    /** {@link #DEBEZIUM} inside {@code {"schema","payload"}}, as Kafka Connect's JSON converter writes it with schemas. */
    WRAPPED
}
