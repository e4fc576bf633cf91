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
            description = "How to print the summary: text (default) or json, one object as the last line.")
    private Format format = Format.TEXT;

    public boolean json() {
        return format == Format.JSON;
    }
}
