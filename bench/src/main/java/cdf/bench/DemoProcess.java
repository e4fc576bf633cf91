package cdf.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code ./cdf demo} with its page, in a process of its own. */
final class DemoProcess implements AutoCloseable {
    private static final Pattern ADDRESS = Pattern.compile("live page is at (\\S+)");
    private static final Pattern PSQL = Pattern.compile("PostgreSQL is yours, too: (.*)");

    /** A line of a histogram: its number, how many objects, how many bytes, and of which class. */
    private static final Pattern CLASS = Pattern.compile("(?m)^ *\\d+: +\\d+ +(\\d+) +(\\S+)");

    private static final int LAST_LINES = 5;
    private static final String ENDED = "the demo ended, and said last: ";
    private static final long PATIENCE_MINUTES = 20;

    private final Process process;
    private final CompletableFuture<String> address = new CompletableFuture<>();
    private final CompletableFuture<String> psql = new CompletableFuture<>();
    private final CompletableFuture<String> lastLines;

    private DemoProcess(Process process) {
        this.process = process;
        lastLines = CompletableFuture.supplyAsync(this::read);
    }

    static DemoProcess start(Path cdf, Path directory, long eventsPerSecond, String... more) {
        List<String> command = new ArrayList<>(List.of(
                cdf.toString(),
                "demo",
                "--dir=" + directory,
                "--events-per-second=" + eventsPerSecond,
                "--dashboard-port=0",
                "--output=json"));
        command.addAll(List.of(more));
        try {
            return new DemoProcess(
                    new ProcessBuilder(command).redirectErrorStream(true).start());
        } catch (IOException failure) {
            throw new UncheckedIOException(cdf + " does not start", failure);
        }
    }

    /** Takes in all that the demo says; the last of it. */
    private String read() {
        Deque<String> last = new ArrayDeque<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                last.add(line);
                if (last.size() > LAST_LINES) {
                    last.remove();
                }
                completeWith(address, ADDRESS, line);
                completeWith(psql, PSQL, line);
            }
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot read what the demo says", failure);
        } finally {
            List.of(address, psql).forEach(said -> said.completeExceptionally(new IllegalStateException(ENDED + last)));
        }
        return String.join(System.lineSeparator(), last);
    }

    private static void completeWith(CompletableFuture<String> said, Pattern pattern, String line) {
        if (!said.isDone()) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.find()) {
                said.complete(matcher.group(1));
            }
        }
    }

    /** What to type into a shell for a prompt of its database, if it has one. */
    String psql() {
        return psql.join();
    }

    /** Where its page is. */
    String address() {
        return address.join();
    }

    /** Lets it work for so long. */
    void goOn(Duration time) {
        try {
            if (process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS)) {
                throw new IllegalStateException(ENDED + lastLines.join());
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** What its heap holds on to. */
    HeapContent heap() {
        // The histogram collects garbage as well, but not while native code holds on to the heap.
        var unused = jcmd("GC.run");
        Map<String, Long> bytes = new HashMap<>();
        CLASS.matcher(jcmd("GC.class_histogram"))
                .results()
                .forEach(line -> bytes.merge(line.group(2), Long.parseLong(line.group(1)), Long::sum));
        return new HeapContent(bytes);
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

    /** Ends it as Ctrl-C does; its summary is the last line. */
    String end() {
        process.toHandle().destroy(); // Process.destroy would close the stream with what it says at its end
        try {
            if (!process.waitFor(PATIENCE_MINUTES, TimeUnit.MINUTES)) {
                throw new IllegalStateException("the demo does not end");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
        String said = lastLines.join();
        return said.substring(said.lastIndexOf(System.lineSeparator()) + 1);
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().join();
    }
}
