package cdf.cli;

import cdf.lake.WatchedRecord;
import cdf.producer.Terminal;

import java.time.ZoneId;

/** How a record looks as one line. Used by one thread. */
public interface ChangeFormat {
    /** JSON for programs, or what suits the terminal for people. */
    static ChangeFormat of(boolean json, String topic, Terminal terminal) {
        return json
                ? new JsonChangeFormat(topic)
                : new PrettyChangeFormat(topic, terminal.colourOut(), ZoneId.systemDefault());
    }

    /** The line, without its end. */
    String line(WatchedRecord record);
}
