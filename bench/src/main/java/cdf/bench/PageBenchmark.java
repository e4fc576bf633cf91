package cdf.bench;

import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.OutputOption;
import cdf.producer.Pace;
import cdf.producer.Profile;
import cdf.producer.Terminal;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** {@code bench/page}. */
@Command(
        name = "bench/page",
        description =
                "What the live page of ./cdf demo needs over a long time: the memory of the process and of the page"
                        + " in a browser, and whether many open pages slow one another.",
        mixinStandardHelpOptions = true)
final class PageBenchmark implements CheckedCommand {
    private static final Duration ROUND = Duration.ofMinutes(1);
    private static final int GROWN_CLASSES = 10;
    private static final double BYTES_PER_MEGABYTE = 1e6;

    @Option(names = "--cdf", required = true, hidden = true)
    private Path cdf = Path.of("");

    @Option(
            names = "--minutes",
            paramLabel = "N",
            defaultValue = "60",
            description =
                    "How long to watch the memory, after a minute with one open page and one with all. Default: 60.")
    private int minutes;

    @Option(
            names = "--events-per-second",
            paramLabel = "R",
            defaultValue = "1000",
            description = "How many changes the demo makes a second. Default: 1000.")
    private long eventsPerSecond;

    @Option(
            names = "--pages",
            paramLabel = "N",
            defaultValue = "50",
            description = "How many pages are open; every fifth never reads what it is sent. Default: 50.")
    private int pages;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private PageBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(PageBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>(Pace.problems(eventsPerSecond, Profile.STEADY));
        if (minutes < 2 || pages < 2) {
            problems.add("--minutes and --pages must be at least 2");
        }
        return problems;
    }

    @Override
    public ExitCode run() {
        ApplyReport report = new ApplyReport(terminal.out());
        Path directory = Benchmarks.temporaryDirectory("cdf-bench-page-");
        try (DemoProcess demo = DemoProcess.start(cdf, directory, eventsPerSecond)) {
            measure(report, demo);
            report.line("the demo ended: %s", demo.end());
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
        if (output.json()) {
            terminal.out().println(report.json());
        }
        return ExitCode.DONE;
    }

    private void measure(ApplyReport report, DemoProcess demo) {
        try (OpenPages open = new OpenPages(demo.address());
                BrowserPage browser = BrowserPage.open(demo.address())) {
            open.watch();
            demo.goOn(ROUND); // warms up
            report.line("frames, from being made to being read, at %,d events a second", eventsPerSecond);
            delays(report, "alone", "one page", open, demo);
            open.add(pages - 1);
            delays(report, "crowded", pages + " pages", open, demo);
            watchMemory(report, open, demo, browser);
        }
    }

    private static void delays(ApplyReport report, String name, String who, OpenPages open, DemoProcess demo) {
        open.takeDelays();
        demo.goOn(ROUND);
        FrameDelays delays = open.takeDelays();
        report.line(
                "  %s, with a browser: %,d frames, the longest time without one %,d ms",
                who, delays.frames(), delays.longestGapMillis());
        report.figure(name + "FrameP50Millis", delays.percentile(0.5));
        report.figure(name + "FrameP99Millis", delays.percentile(0.99));
        report.figure(name + "FrameMaxMillis", delays.percentile(1));
    }

    /** Looks each minute at what is left after a collection of all garbage. */
    private void watchMemory(ApplyReport report, OpenPages open, DemoProcess demo, BrowserPage browser) {
        Trend process = new Trend("processMegabytes");
        Trend dashboard = new Trend("dashboardObjectsMegabytes");
        Trend page = new Trend("browserMegabytes");
        Trend nodes = new Trend("browserNodes");
        HeapContent middle = demo.heap();
        HeapContent last = middle;
        report.line("memory after a collection of all garbage, each minute; the dashboard's objects alone");
        report.line(
                "  %6s %12s %12s %12s %14s %14s",
                "minute", "process MB", "dashboard MB", "browser MB", "browser nodes", "frame p99 ms");
        try {
            for (int minute = 0; minute <= minutes; minute++) {
                if (minute > 0) {
                    demo.goOn(ROUND);
                }
                FrameDelays delays = open.takeDelays();
                BrowserPage.Memory memory = browser.memory();
                last = demo.heap();
                middle = minute == minutes / 2 ? last : middle;
                process.add(minute, last.total() / BYTES_PER_MEGABYTE);
                dashboard.add(minute, last.ofPage() / BYTES_PER_MEGABYTE);
                page.add(minute, memory.bytes() / BYTES_PER_MEGABYTE);
                nodes.add(minute, memory.nodes());
                report.line(
                        "  %6d %12.1f %12.2f %12.2f %14.0f %14.0f",
                        minute, process.last(), dashboard.last(), page.last(), nodes.last(), delays.percentile(0.99));
                open.renewUnread();
            }
        } finally {
            // Of a run that breaks off, what there is.
            List.of(process, dashboard, page, nodes).forEach(trend -> trend.print(report));
        }
        report.line("what grew most in the second half");
        for (String name : last.grownMost(middle, GROWN_CLASSES)) {
            report.line("  %+12.3f MB %s", last.grown(middle, name) / BYTES_PER_MEGABYTE, name);
        }
    }
}
