package cdf.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./cdf demo} with its page, in a process of its own. */
final class DemoProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("live page is at (\\S+)");
    private static final Pattern TOTAL = Pattern.compile("(?m)^Total\\s+\\d+\\s+(\\d+)");
    private static final long PATIENCE_MINUTES = 20;

    private final Process process;
    private final CompletableFuture<String> address = new CompletableFuture<>();
    private final CompletableFuture<String> lastLine;

    private DemoProcess(Process process) {
        this.process = process;
        lastLine = CompletableFuture.supplyAsync(this::read);
    }

    static DemoProcess start(Path cdf, Path directory, long eventsPerSecond) {
        try {
            return new DemoProcess(new ProcessBuilder(
                            cdf.toString(),
                            "demo",
                            "--dir=" + directory,
                            "--events-per-second=" + eventsPerSecond,
                            "--dashboard-port=0",
                            "--output=json")
                    .redirectErrorStream(true)
                    .start());
        } catch (IOException failure) {
            throw new UncheckedIOException(cdf + " does not start", failure);
        }
    }

    /** Takes in all that the demo says; the last of it. */
    private String read() {
        String last = "";
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last = line;
                if (!address.isDone()) {
                    Matcher said = ADDRESS.matcher(line);
                    if (said.find()) {
                        address.complete(said.group(1));
                    }
                }
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read what the demo says", failure);
        } finally {
            address.completeExceptionally(new IllegalStateException("the demo ended, and said last: " + last));
        }
        return last;
    }

    /** Where its page is. */
    String address() {
        return address.join();
    }

    /** Lets it work for so long. */
    void goOn(Duration time) {
        try {
            if (process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException("the demo ended, and said last: " + lastLine.join());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** The bytes of what its heap holds on to. */
    long liveBytes() {
        // The histogram collects garbage as well, but not while native code holds on to the heap.
        var unused = jcmd("GC.run");
        String histogram = jcmd("GC.class_histogram");
        Matcher total = TOTAL.matcher(histogram);
        if (!total.find()) {
            throw new IllegalStateException("jcmd does not tell the heap of the demo: " + histogram);
        }
        return Long.parseLong(total.group(1));
    }

    private String jcmd(String command) {
        Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
        try {
            return new String(
                    new ProcessBuilder(jcmd.toString(), Long.toString(process.pid()), command)
                            .redirectErrorStream(true)
                            .start()
                            .getInputStream()
                            .readAllBytes(),
                    StandardCharsets.UTF_8);
        } catch (IOException failure) {
            throw new UncheckedIOException(jcmd + " does not start", failure);
        }
    }

    /** Ends it as Ctrl-C does; says its summary. */
    String end() {
        process.destroy();
        try {
            if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                throw new IllegalStateException("the demo does not end");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
        return lastLine.join();
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
