package cdf.bench;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.hadoop.fs.FileUtil;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.WebSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The page in a headless Chromium, which is asked through its DevTools protocol. Not thread-safe. */
final class BrowserPage implements AutoCloseable {
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on ws://([^/]+)/");
    private static final Pattern PAGE = Pattern.compile("\"webSocketDebuggerUrl\": *\"(ws://[^\"]+/page/[^\"]+)\"");
    private static final long PATIENCE_SECONDS = 60;

    /**
     * What the page holds on to.
     *
     * @param bytes the heap of its scripts
     * @param nodes the nodes of its documents, detached ones as well
     */
    record Memory(double bytes, double nodes) {}

    /** Puts the browser's messages together, which come in parts. */
    private static final class Answers implements WebSocket.Listener {
        private final StringBuilder parts = new StringBuilder();
        private final BlockingQueue<String> complete = new LinkedBlockingQueue<>();

        @Override
        public CompletionStage<?> onText(WebSocket socket, CharSequence part, boolean last) {
            parts.append(part);
            if (last) {
                complete.add(parts.toString());
                parts.setLength(0);
            }
            socket.request(1);
            return CompletableFuture.completedStage(null);
        }

        String next() {
            try {
                String answer = complete.poll(PATIENCE_SECONDS, TimeUnit.SECONDS);
                if (answer == null) {
                    throw new IllegalStateException("the browser does not answer");
                }
                return answer;
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException("nobody interrupts this thread", interrupted);
            }
        }
    }

    private final Process browser;
    private final Path profile;
    private final Answers answers = new Answers();
    private final WebSocket socket;
    private int asked;

    private BrowserPage(Process browser, Path profile, String page) {
        this.browser = browser;
        this.profile = profile;
        socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(page), answers)
                .join();
        ask("Performance.enable");
    }

    static BrowserPage open(String address) {
        Path profile = Benchmarks.temporaryDirectory("cdf-bench-browser-");
        try {
            Process browser = new ProcessBuilder(
                            "chromium",
                            "--headless",
                            "--no-sandbox",
                            "--disable-gpu",
                            "--disable-dev-shm-usage",
                            "--no-first-run",
                            "--disable-background-networking",
                            "--disable-component-update",
                            "--disable-sync",
                            "--window-size=1440,900",
                            "--remote-debugging-port=0",
                            "--user-data-dir=" + profile,
                            address)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return new BrowserPage(browser, profile, page(listening(browser)));
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot open the page in chromium: " + failure.getMessage(),
                    "install Chromium, so that chromium starts it",
                    failure);
        }
    }

    /** The browser tells where it listens, and goes on to tell this and that. */
    private static String listening(Process browser) throws IOException {
        BufferedReader said = browser.errorReader(StandardCharsets.UTF_8);
        StringBuilder all = new StringBuilder();
        for (String line = said.readLine(); line != null; line = said.readLine()) {
            Matcher listening = LISTENING.matcher(line);
            if (listening.find()) {
                var unused = CompletableFuture.runAsync(() -> said.lines().forEach(ignored -> {}));
                return listening.group(1);
            }
            all.append(line).append(System.lineSeparator());
        }
        throw new IOException("it ended, and said: " + all);
    }

    private static String page(String browser) throws IOException {
        try {
            String pages = HttpClient.newHttpClient()
                    .send(
                            HttpRequest.newBuilder(URI.create("http://" + browser + "/json/list"))
                                    .build(),
                            BodyHandlers.ofString())
                    .body();
            Matcher page = PAGE.matcher(pages);
            if (!page.find()) {
                throw new IOException("it has no page open: " + pages);
            }
            return page.group(1);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** Collects all garbage of the page, and counts what is left. */
    Memory memory() {
        ask("HeapProfiler.collectGarbage");
        String metrics = ask("Performance.getMetrics");
        return new Memory(metric(metrics, "JSHeapUsedSize"), metric(metrics, "Nodes"));
    }

    private static double metric(String metrics, String name) {
        Matcher metric =
                Pattern.compile("\"" + name + "\",\"value\":([0-9.e+]+)").matcher(metrics);
        if (!metric.find()) {
            throw new IllegalStateException("the browser does not tell its " + name + ": " + metrics);
        }
        return Double.parseDouble(metric.group(1));
    }

    private String ask(String method) {
        asked++;
        socket.sendText("{\"id\":" + asked + ",\"method\":\"" + method + "\"}", true)
                .join();
        while (true) {
            String answer = answers.next();
            if (answer.startsWith("{\"id\":" + asked + ",")) {
                return answer;
            }
        }
    }

    @Override
    public void close() {
        socket.abort();
        browser.destroy();
        browser.onExit().join();
        FileUtil.fullyDelete(profile.toFile());
    }
}
