package cdf.producer;

import picocli.CommandLine.Option;

/** How a command that ends tells what it did. */
public final class OutputOption {
    /** For people, or for programs. */
    public enum Format {
        TEXT,
        JSON
    }

    @Option(
            names = {"-o", "--output"},
            paramLabel = "text|json",
            defaultValue = "text",
            description =
                    "Output for people, text (default), or for programs, json: one object a line, the summary as the last.")
    private Format format = Format.TEXT;

    public boolean json() {
        return format == Format.JSON;
    }
}
