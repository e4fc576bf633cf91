package cdf.bench;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** {@code bench/psql}. */
@Command(
        name = "bench/psql",
        description =
                "How soon what somebody types into psql is on the page and in the table of ./cdf demo --source postgres,"
                        + " beside the demo's own transactions.",
        mixinStandardHelpOptions = true)
final class PsqlBenchmark implements CheckedCommand {
    private static final Duration WARM_UP = Duration.ofSeconds(60);
    private static final Duration AFTERWARDS = Duration.ofSeconds(10);
    private static final int MOST_MILLIS_BETWEEN = 2_000;

    private static final Pattern NAME = Pattern.compile("psql-\\d+");
    private static final Pattern FEED_TIME = Pattern.compile("\"timestamp\":\"([^\"]*)\"");

    @Option(names = "--cdf", required = true, hidden = true)
    private Path cdf = Path.of("");

    @Option(
            names = "--updates",
            paramLabel = "N",
            defaultValue = "100",
            description = "How many times to type something. Default: 100.")
    private int updates;

    @Option(
            names = "--events-per-second",
            paramLabel = "R",
            defaultValue = "500",
            description = "The changes of the demo's own transactions. Default: 500, which is the demo's.")
    private long eventsPerSecond;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private PsqlBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(PsqlBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return updates < 1 || eventsPerSecond < 1 ? List.of("--updates, --events-per-second: at least 1") : List.of();
    }

    @Override
    public ExitCode run() {
        Path directory = Benchmarks.temporaryDirectory("cdf-bench-psql-");
        try {
            ApplyReport report = new ApplyReport(terminal.out());
            report.line("%,d updates with psql beside %,d changes a second", updates, eventsPerSecond);
            Map<String, Long> onPage = new ConcurrentHashMap<>();
            Map<String, Long> committed;
            try (DemoProcess demo = DemoProcess.start(cdf, directory, eventsPerSecond, "--source=postgres")) {
                watch(demo.address(), onPage);
                demo.goOn(WARM_UP);
                committed = type(demo);
                demo.goOn(AFTERWARDS);
                report.line("the demo ended: %s", demo.end());
            }
            report(report, "page", committed, onPage);
            report(report, "table", committed, inTable(directory.resolve("users")));
            if (output.json()) {
                terminal.out().println(report.json());
            }
            return ExitCode.DONE;
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
    }

    /** Notes when the page is sent each of our names for the first time. */
    private static void watch(String address, Map<String, Long> seen) {
        HttpRequest stream = HttpRequest.newBuilder(URI.create(address).resolve("api/stream"))
                .build();
        var unused = HttpClient.newHttpClient()
                .sendAsync(stream, BodyHandlers.ofLines())
                .thenAccept(response -> response.body().forEach(line -> {
                    long now = System.currentTimeMillis();
                    names(line).forEach(name -> seen.putIfAbsent(name, now));
                }));
    }

    private static Stream<String> names(String text) {
        return NAME.matcher(text).results().map(found -> found.group());
    }

    /** Renames accounts, each in a transaction of its own, at random moments; when each was just about to be committed. */
    private Map<String, Long> type(DemoProcess demo) {
        SplittableRandom random = new SplittableRandom(1);
        Map<String, Long> committed = new HashMap<>();
        for (int number = 0; number < updates; number++) {
            String name = "psql-" + number;
            committed.put(name, rename(demo, name));
            demo.goOn(Duration.ofMillis(random.nextInt(MOST_MILLIS_BETWEEN)));
        }
        return committed;
    }

    /** Renames the newest account; another one if the bank closes it at the same moment. */
    private static long rename(DemoProcess demo, String name) {
        String update = "UPDATE accounts SET name = '" + name + "' WHERE id = (SELECT max(id) FROM accounts)"
                + " RETURNING floor(1000 * extract(epoch FROM clock_timestamp()))";
        while (true) {
            String millis = output(List.of("sh", "-c", demo.psql() + " -qAtc \"" + update + "\""));
            if (!millis.isEmpty()) {
                return Long.parseLong(millis);
            }
        }
    }

    /** When the version was committed that has each of our names first. */
    private Map<String, Long> inTable(Path table) {
        Map<String, Long> seen = new HashMap<>();
        output(List.of(cdf.toString(), "feed", table.toString(), "-o", "json"))
                .lines()
                .forEach(line -> {
                    Matcher time = FEED_TIME.matcher(line);
                    if (time.find()) {
                        long millis = Instant.parse(time.group(1)).toEpochMilli();
                        names(line).forEach(name -> seen.merge(name, millis, Math::min));
                    }
                });
        return seen;
    }

    private static void report(ApplyReport report, String where, Map<String, Long> committed, Map<String, Long> seen) {
        List<Long> delays = new ArrayList<>();
        committed.forEach((name, millis) -> {
            Long at = seen.get(name);
            if (at != null) {
                delays.add(at - millis);
            }
        });
        if (delays.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "none of the " + committed.size() + " updates was seen: " + where,
                    "look at what the demo says: ./cdf demo --source postgres");
        }
        Collections.sort(delays);
        report.figure(where + "Missed", committed.size() - delays.size());
        report.figure(where + "P50Millis", delays.get(delays.size() / 2));
        report.figure(where + "P90Millis", delays.get(delays.size() * 9 / 10));
        report.figure(where + "MaxMillis", delays.get(delays.size() - 1));
        long soon = delays.stream().filter(millis -> millis <= 1_000).count();
        report.figure(where + "WithinASecondPercent", 100.0 * soon / committed.size());
    }

    private static String output(List<String> command) {
        try {
            Process process = new ProcessBuilder(command)
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            int exitCode = process.waitFor();
            if (exitCode != 0) {
                throw new CdfException(
                        ExitCode.FAILED, command + " ended with " + exitCode, "its own message is above this one");
            }
            return said;
        } catch (IOException failure) {
            throw new UncheckedIOException(command + " does not start", failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + command + " runs", interrupted);
        }
    }
}
