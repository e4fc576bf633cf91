package cdf.producer;

import picocli.CommandLine.Help.Ansi;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Where a command writes: data on standard output, everything else on standard error. Colour and progress are for
 * terminals; {@code NO_COLOR} turns colour off (no-color.org).
 *
 * @param out standard output, as UTF-8; it does not flush by itself
 * @param err standard error, as UTF-8
 */
public record Terminal(PrintStream out, PrintStream err, boolean outIsTerminal, boolean errIsTerminal, boolean colour) {
    private static final int OUTPUT_BUFFER_BYTES = 64 * 1024;

    /** This process's own. Which of the streams is a terminal Java cannot tell: the launcher does, in the environment. */
    public static Terminal ofProcess(Map<String, String> environment) {
        return new Terminal(
                stream(FileDescriptor.out, false),
                stream(FileDescriptor.err, true),
                "true".equals(environment.get("CDF_STDOUT_IS_TERMINAL")),
                "true".equals(environment.get("CDF_STDERR_IS_TERMINAL")),
                environment.getOrDefault("NO_COLOR", "").isEmpty() && !"dumb".equals(environment.get("TERM")));
    }

    /** Whether standard output takes colour. */
    public boolean colourOut() {
        return colour && outIsTerminal;
    }

    Ansi ansiErr() {
        return colour && errIsTerminal ? Ansi.ON : Ansi.OFF;
    }

    Ansi ansiOut() {
        return colourOut() ? Ansi.ON : Ansi.OFF;
    }

    /** Shows a line that the next one replaces; nothing where standard error is no terminal. */
    public void progress(String line) {
        if (errIsTerminal) {
            err.print("\r\u001b[K" + line);
            err.flush();
        }
    }

    /** Wipes the line that {@link #progress} showed. */
    public void endProgress() {
        progress("");
    }

    /** Tells the user something that stays, in one line. */
    public void notice(String line) {
        endProgress();
        err.println("cdf: " + line);
    }

    private static PrintStream stream(FileDescriptor descriptor, boolean autoFlush) {
        return new PrintStream(
                new BufferedOutputStream(new FileOutputStream(descriptor), OUTPUT_BUFFER_BYTES),
                autoFlush,
                StandardCharsets.UTF_8);
    }
}
