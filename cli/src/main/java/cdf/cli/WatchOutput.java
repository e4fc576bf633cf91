package cdf.cli;

import picocli.CommandLine.Option;

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
}
