package cdf.cli;

import cdf.producer.Terminal;
import picocli.CommandLine.Option;

import java.time.ZoneId;

/** How changes are shown. */
final class WatchOutput {
    /** For people, or for programs. */
    enum Format {
        PRETTY,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "pretty|json",
            defaultValue = "pretty",
            description =
                    "How to show changes: pretty (default), or json, one object a line and the summary as the last.")
    private Format format = Format.PRETTY;

    boolean json() {
        return format == Format.JSON;
    }

    ChangeFormat changeFormat(String topic, Terminal terminal) {
        return switch (format) {
            case PRETTY -> new PrettyChangeFormat(topic, terminal.colourOut(), ZoneId.systemDefault());
            case JSON -> new JsonChangeFormat(topic);
        };
    }
}
