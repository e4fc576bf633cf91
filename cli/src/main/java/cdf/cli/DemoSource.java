package cdf.cli;

import cdf.lake.ColumnSource;
import cdf.lake.Sequencing;
import cdf.verify.VerifySettings;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.util.Optional;

/** Where the demo's changes come from. */
interface DemoSource extends AutoCloseable {
    /** The topic of the changes, which is there. */
    String topic();

    /** What the topic's events are ordered by, if not by the topic. */
    Optional<Sequencing> sequencing();

    /** Where the table's columns come from. */
    ColumnSource columns();

    /**
     * Makes changes until they are enough, or until {@link #stop}.
     *
     * @param applied how far the topic is in the table
     * @return how many records the topic has got, when it has all
     */
    long run(ApplyUntil applied);

    /** Ends {@link #run} soon, from any thread. */
    void stop();

    /** How to verify the table that was made of the topic; the source is still there then. */
    VerifySettings verification(String table);

    /** Tells for people what was done. */
    void print(PrintStream out);

    /** Writes what was done as fields of a JSON object. */
    void writeTo(JsonGenerator json) throws IOException;

    @Override
    void close();
}
