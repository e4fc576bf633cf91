package cdf.lake;

/**
 * Where the events of a commit, or of a whole run, went: {@code read} is always the sum of the others.
 *
 * @param applied the events whose change is in the table
 * @param superseded the events that a later one of the same key in the same commit made void
 * @param ignored the events that change nothing: tombstones, messages, deletes of rows that are not there
 * @param deadLettered the events that could not be read
 */
public record Accounting(long read, long applied, long superseded, long ignored, long deadLettered) {
    public static final Accounting NONE = new Accounting(0, 0, 0, 0, 0);

    public Accounting {
        if (read != applied + superseded + ignored + deadLettered) {
            throw new IllegalStateException("the accounts do not close: read " + read + ", applied " + applied
                    + ", superseded " + superseded + ", ignored " + ignored + ", dead-lettered " + deadLettered);
        }
    }

    /** As a JSON object, for a commit's user metadata. */
    String json() {
        return "{\"read\":" + read + ",\"applied\":" + applied + ",\"superseded\":" + superseded + ",\"ignored\":"
                + ignored + ",\"deadLettered\":" + deadLettered + "}";
    }

    /** The two together. */
    public Accounting plus(Accounting other) {
        return new Accounting(
                read + other.read,
                applied + other.applied,
                superseded + other.superseded,
                ignored + other.ignored,
                deadLettered + other.deadLettered);
    }
}
