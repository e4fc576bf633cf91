package cdf.bench;

import cdf.generator.Change;
import cdf.generator.EventFormat;
import cdf.generator.EventWriter;
import cdf.generator.Mix;
import cdf.generator.Workload;
import cdf.generator.WorkloadSettings;
import cdf.kafka.Publisher;
import cdf.lake.Apply;
import cdf.lake.ApplySettings;
import org.HdrHistogram.Histogram;
import org.apache.kafka.clients.producer.internals.BuiltInPartitioner;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** From the sending of a change to the commit that has it, at a steady pace. */
final class LatencyPart {
    private static final String TOPIC = "latency";
    private static final int EVENTS_PER_SECOND = 1000;
    private static final int ROWS = 100_000;

    private final ApplyBench bench;
    private final ApplyReport report;
    private final ApplySizes sizes;

    LatencyPart(ApplyBench bench, ApplySizes sizes) {
        this.bench = bench;
        this.report = bench.report();
        this.sizes = sizes;
    }

    void measure() {
        report.title(
                "latency: %,d events a second for %d s, after %d s that warm up",
                EVENTS_PER_SECOND, sizes.latencySeconds(), sizes.latencyWarmUpSeconds());
        int warmUp = sizes.latencyWarmUpSeconds() * EVENTS_PER_SECOND;
        int events = warmUp + sizes.latencySeconds() * EVENTS_PER_SECOND;
        bench.topics().ensure(TOPIC, ChangeTopic.PARTITIONS);
        String table = bench.table(TOPIC);
        CommitTimes commits = new CommitTimes(events);
        Apply apply = new Apply(
                bench.topics(),
                ApplyBench.settings(TOPIC, table, false, ApplySettings.DEFAULT_MAX_BATCH_EVENTS),
                commits);
        commits.whenAllCommitted(apply::stop);
        CompletableFuture<SentEvents> sending = CompletableFuture.supplyAsync(() -> send(events, commits))
                .whenComplete((sent, failure) -> {
                    if (failure != null) {
                        apply.stop();
                    }
                });
        apply.run(bench.session());
        print(table, commits, commits.firstAfter(warmUp), commits.latencyMicros(sending.join(), warmUp));
    }

    /** Sends one event and, when it is committed, the others at an even pace: a slow start is no latency. */
    private SentEvents send(int events, CommitTimes commits) {
        Workload workload = new Workload(new WorkloadSettings(1, ROWS, Mix.DEFAULT, 1, 1000));
        EventWriter writer = new EventWriter(EventFormat.PLAIN);
        SentEvents sent = new SentEvents(events);
        try (Publisher publisher = Publisher.open(bench.topics().connection(), TOPIC, Duration.ZERO)) {
            long startNanos = 0;
            for (int number = 0; number < events; number++) {
                long dueNanos = startNanos + number * Duration.ofSeconds(1).toNanos() / EVENTS_PER_SECOND;
                for (long now = System.nanoTime(); now < dueNanos; now = System.nanoTime()) {
                    LockSupport.parkNanos(dueNanos - now);
                }
                Change change = workload.next();
                byte[] key = writer.key(change);
                sent.add(BuiltInPartitioner.partitionForKey(key, ChangeTopic.PARTITIONS), dueNanos);
                publisher.send(key, writer.value(change, System.currentTimeMillis()), dueNanos);
                if (number == 0) {
                    commits.awaitFirst();
                    startNanos = System.nanoTime();
                }
            }
            publisher.flush();
        }
        sent.check(bench.topics().endOffsets(TOPIC));
        return sent;
    }

    private void print(String table, CommitTimes commits, int first, Histogram micros) {
        report.line(
                "  %d commits, and in all %d compactions; %d files at the end",
                commits.size() - first, commits.compactions().size(), Tables.files(bench.session(), table));
        report.stages("a commit", commits.meanStages(first, commits.size()));
        int slowest = commits.slowest(first, commits.size());
        report.stages("the slowest, commit " + slowest, commits.meanStages(slowest, slowest + 1));
        report.figure("committedP50Millis", micros.getValueAtPercentile(50) / 1e3);
        report.figure("committedP99Millis", micros.getValueAtPercentile(99) / 1e3);
        report.figure("committedMaxMillis", micros.getMaxValue() / 1e3);
    }
}
