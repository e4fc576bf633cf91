package cdf.bench;

import cdf.cli.LivePage;
import cdf.dashboard.DashboardSettings;
import cdf.dashboard.PipelineNames;
import cdf.lake.ApplyListener;
import com.sun.management.OperatingSystemMXBean;

import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;

/** What the live page, with some readers, costs {@code cdf apply} at full rate. */
final class PagePart {
    private static final String TOPIC = "page";
    private static final int READERS = 3;
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    PagePart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
    }

    void measure() {
        long events = sizes.bulkEvents() / 2;
        report.title(
                "page: %,d events in batches of %,d, %d times each with the page and %d readers, and without",
                events, sizes.bulkBatch(), sizes.pageRounds(), READERS);
        new ChangeTopic(bench.topics(), TOPIC, sizes.bulkRows()).publish(events);
        double[] rates = new double[sizes.pageRounds()];
        double[] times = new double[sizes.pageRounds()];
        var unused = applied("warm-up", LivePage.none());
        for (int round = 0; round < sizes.pageRounds(); round++) {
            // Each is first in turn: whatever makes the machine slower in time falls on both.
            boolean pageFirst = round % 2 == 1;
            Run first = pageFirst ? withReaders("with-" + round) : applied("without-" + round, LivePage.none());
            Run second = pageFirst ? applied("without-" + round, LivePage.none()) : withReaders("with-" + round);
            Run with = pageFirst ? first : second;
            Run without = pageFirst ? second : first;
            rates[round] = with.eventsPerSecond() / without.eventsPerSecond();
            times[round] = with.cpuSeconds() / without.cpuSeconds();
            report.line(
                    "  %,.0f events/s and %.2f s of processor time without, %,.0f and %.2f with",
                    without.eventsPerSecond(), without.cpuSeconds(), with.eventsPerSecond(), with.cpuSeconds());
        }
        double[] sorted = Arrays.stream(rates).sorted().toArray();
        report.line(
                "  half of the rates with the page are %.1f to %.1f %% of those without",
                100 * sorted[rates.length / 4], 100 * sorted[rates.length - 1 - rates.length / 4]);
        report.figure("pageCostPercent", 100 * (1 - Benchmarks.median(rates)));
        report.figure("pageProcessorPercent", 100 * (Benchmarks.median(times) - 1));
    }

    /** How fast the topic was applied, and what time of all processors the whole process took for it. */
    private record Run(double eventsPerSecond, double cpuSeconds) {}

    private Run withReaders(String name) {
        List<CompletableFuture<Long>> readers = new ArrayList<>();
        Run run;
        try (LivePage page = LivePage.serve(
                new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(0), Optional.empty()),
                bench.topics(),
                new PipelineNames(bench.topics().connection().bootstrapServers(), TOPIC, bench.table(name)),
                true,
                Benchmarks.silentTerminal())) {
            String address = page.address().orElseThrow();
            for (int reader = 0; reader < READERS; reader++) {
                readers.add(CompletableFuture.supplyAsync(() -> read(address)));
            }
            run = applied(name, page);
        }
        if (readers.stream().anyMatch(reader -> reader.join() == 0)) {
            throw new IllegalStateException("a reader of the page was told nothing");
        }
        return run;
    }

    /** Reads what the page sends until it ends; says how many bytes that was. */
    private static long read(String address) {
        HttpRequest request = HttpRequest.newBuilder(URI.create(address).resolve("api/stream"))
                .build();
        long bytes = 0;
        try (InputStream stream = HttpClient.newHttpClient()
                .send(request, BodyHandlers.ofInputStream())
                .body()) {
            byte[] buffer = new byte[1 << 16];
            for (int read = stream.read(buffer); read >= 0; read = stream.read(buffer)) {
                bytes += read;
            }
        } catch (IOException closed) {
            return bytes; // the page is closed in the middle of what it sends
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
        return bytes;
    }

    /** Applies the topic to a new table; the first batches do not count for its rate. */
    private Run applied(String table, LivePage page) {
        System.gc(); // No run pays for what those before it left.
        AppliedBatches batches = new AppliedBatches();
        ApplyListener listener = page.with(batches);
        long beginNanos = PROCESS.getProcessCpuTime();
        var unused = page.during(() -> bench.applyOnce(TOPIC, bench.table(table), sizes.bulkBatch(), listener));
        return new Run(
                batches.eventsPerSecond(sizes.warmUpBatches(), batches.fullSize(sizes.bulkBatch())),
                (PROCESS.getProcessCpuTime() - beginNanos) / 1e9);
    }
}
