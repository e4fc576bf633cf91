package cdf.change;

/** What reading a Kafka record's value came to: an event, or the reason why it is none. */
public sealed interface Decoded {
    record Accepted(ChangeEvent event) implements Decoded {}

    /** The reason is one line for people: what is wrong with the value, and where. */
    record Rejected(String reason) implements Decoded {}
}
