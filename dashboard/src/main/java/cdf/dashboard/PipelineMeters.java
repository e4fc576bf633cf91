package cdf.dashboard;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** A table's figures for Prometheus. They are read as they are added up: under the pulse's lock. */
final class PipelineMeters {
    /** From a single fast commit to a table that is an hour behind. */
    private static final Duration[] BUCKETS = {
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1),
        Duration.ofMillis(2500),
        Duration.ofSeconds(5),
        Duration.ofSeconds(10),
        Duration.ofSeconds(30),
        Duration.ofMinutes(1),
        Duration.ofMinutes(10),
        Duration.ofHours(1)
    };

    private final MeterRegistry registry;
    private final Tags tags;
    private final Timer latency;
    private final PipelineState state;

    /** @param tags what tells the figures from those of other tables, if there are others */
    PipelineMeters(MeterRegistry registry, Tags tags, PipelineState state, EventStreams streams) {
        this.registry = registry;
        this.tags = tags;
        this.state = state;
        latency = timer("cdf.latency", "From a change's send to the commit that has it, of the changes seen")
                .register(registry);
        counter("cdf.topic.events", "Events that came into the topic", PipelineState::topicEvents);
        outcome("applied", now -> now.counts().applied());
        outcome("superseded", now -> now.counts().superseded());
        outcome("ignored", now -> now.counts().ignored());
        outcome("dead-lettered", now -> now.counts().deadLettered());
        for (Change.Kind kind : Change.Kind.values()) {
            FunctionCounter.builder("cdf.changes", state, now -> now.kinds().getOrDefault(kind, 0L))
                    .tags(tags)
                    .tag("kind", kind.name().toLowerCase(Locale.ROOT))
                    .description("Changes read from the topic to show them")
                    .register(registry);
        }
        gauge("cdf.lag.events", "Events of the topic that are not in the table", PipelineState::lagEvents);
        gauge("cdf.lag.seconds", "Age of the oldest of them", now -> now.lagMillis() / 1e3);
        gauge("cdf.table.rows", "Rows of the table", PipelineState::rows);
        gauge("cdf.table.version", "Version of the table", PipelineState::tableVersion);
        gauge(
                "cdf.healthy",
                "1 if all is well, or else 0",
                now -> now.health().state().level() == Health.Level.GOOD ? 1 : 0);
        counter("cdf.compactions", "Times that files of the table were merged", PipelineState::compactions);
        counter("cdf.restarts", "Times that applying began again", PipelineState::restarts);
        Gauge.builder("cdf.dashboard.pages", streams, EventStreams::pages)
                .tags(tags)
                .description("Open pages")
                .register(registry);
        FunctionCounter.builder("cdf.dashboard.frames.lost", streams, EventStreams::lost)
                .tags(tags)
                .description("Times that a page was too slow, and began anew")
                .register(registry);
    }

    private Timer.Builder timer(String name, String description) {
        return Timer.builder(name).tags(tags).description(description).serviceLevelObjectives(BUCKETS);
    }

    private void counter(String name, String description, ToDoubleFunction<PipelineState> value) {
        FunctionCounter.builder(name, state, value)
                .tags(tags)
                .description(description)
                .register(registry);
    }

    private void gauge(String name, String description, ToDoubleFunction<PipelineState> value) {
        Gauge.builder(name, state, value).tags(tags).description(description).register(registry);
    }

    private void outcome(String outcome, ToDoubleFunction<PipelineState> value) {
        FunctionCounter.builder("cdf.events", state, value)
                .tags(tags)
                .tag("outcome", outcome)
                .description("Events of the topic that were taken in, by what became of them")
                .register(registry);
    }

    void take(PipelineState.News news) {
        List<Long> latencies = news.latenciesMillis();
        latencies.forEach(millis -> latency.record(millis, TimeUnit.MILLISECONDS));
        for (PipelineState.CommittedBatch committed : news.batches()) {
            for (Map.Entry<String, Duration> stage : committed.batch().stages().entrySet()) {
                timer("cdf.batch.stage", "Time of a stage of a batch")
                        .tag("stage", stage.getKey())
                        .register(registry)
                        .record(stage.getValue());
            }
        }
    }
}
