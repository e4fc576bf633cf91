package cdf.lake;

import org.apache.spark.sql.Row;
import org.jspecify.annotations.Nullable;

import java.util.List;
import java.util.Optional;

/** An event that went to the dead letters. */
public final class RejectedEvent {
    /** How many of a batch are told of: who wants all reads the table of dead letters. */
    private static final int MOST_OF_A_BATCH = 100;

    private final Row letter;

    /** @param letter a row of {@link DeadLetters#REPORTED} */
    private RejectedEvent(Row letter) {
        this.letter = letter;
    }

    /** The newest that the tasks of a batch reported. */
    static List<RejectedEvent> newest(List<PassReport> reports) {
        List<Row> reported =
                reports.stream().flatMap(report -> report.rejected().stream()).toList();
        return reported.stream()
                .skip(Math.max(0, reported.size() - MOST_OF_A_BATCH))
                .map(RejectedEvent::new)
                .toList();
    }

    public int partition() {
        return letter.getInt(0);
    }

    public long offset() {
        return letter.getLong(1);
    }

    /** Kafka's timestamp, in milliseconds since 1970-01-01T00:00Z. */
    public long timestampMillis() {
        return Math.floorDiv(letter.getLong(2), 1000);
    }

    public byte @Nullable [] key() {
        return letter.getAs(3);
    }

    public byte @Nullable [] value() {
        return letter.getAs(4);
    }

    public String reason() {
        return letter.getString(5);
    }

    /** The column at fault, if one is. */
    public Optional<String> column() {
        return Optional.ofNullable(letter.getString(6));
    }
}
