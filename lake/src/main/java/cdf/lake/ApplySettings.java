package cdf.lake;

import cdf.change.TableSchema;

import java.time.Duration;
import java.util.Optional;

/**
 * What to apply, and how.
 *
 * @param columns where the table's columns come from
 * @param table where the Delta table is, or shall be: a directory, or a URI that Hadoop knows
 * @param checkpoint where Spark keeps what it needs while it runs; a temporary directory if it is not given
 * @param once whether to end when what the topic has now is applied
 * @param trigger how often to commit at most; zero for as often as possible
 * @param maxBatchEvents how many events one commit takes at most
 * @param sequencing how changes are ordered, if not by the topic
 */
public record ApplySettings(
        String topic,
        ColumnSource columns,
        String table,
        Optional<String> checkpoint,
        boolean once,
        Duration trigger,
        long maxBatchEvents,
        Optional<Sequencing> sequencing) {
    /** Soon enough for people who look, and not so often that the log of an idle table with a few changes swells. */
    public static final Duration DEFAULT_TRIGGER = Duration.ofMillis(500);

    public static final long DEFAULT_MAX_BATCH_EVENTS = 1_000_000;

    public ApplySettings {
        if (trigger.isNegative() || maxBatchEvents < 1) {
            throw new IllegalArgumentException("unchecked: trigger " + trigger + ", batches of " + maxBatchEvents);
        }
        if (sequencing.isPresent()
                && columns instanceof ColumnSource.Given given
                && hasSequenceColumn(given.schema())) {
            throw new IllegalArgumentException(
                    "unchecked: the columns " + given.schema().ddl());
        }
    }

    /** Settings for a table of given columns. */
    public ApplySettings(
            String topic,
            TableSchema schema,
            String table,
            Optional<String> checkpoint,
            boolean once,
            Duration trigger,
            long maxBatchEvents,
            Optional<Sequencing> sequencing) {
        this(topic, new ColumnSource.Given(schema), table, checkpoint, once, trigger, maxBatchEvents, sequencing);
    }

    /** Whether a table has a column of the name of the one in which the sequence of its rows would be. */
    public static boolean hasSequenceColumn(TableSchema schema) {
        return schema.columns().stream().anyMatch(column -> column.name().equalsIgnoreCase(TableColumns.SEQUENCE));
    }
}
