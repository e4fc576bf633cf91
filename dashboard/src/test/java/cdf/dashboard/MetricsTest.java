package cdf.dashboard;

import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

class MetricsTest {
    private static final Pattern METRIC = Pattern.compile("\\b(?:cdf|jvm|process|system)_[a-z_]+");

    @Test
    void prometheusGetsTheFiguresOfThePipelineAndAllThatTheGrafanaDashboardAsksFor() throws IOException {
        SimulatedPipeline pipeline = new SimulatedPipeline(3);
        try (Dashboard dashboard = Dashboard.start(
                new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(0), Optional.empty()),
                pipeline.feed,
                SimulatedPipeline.NAMES,
                Optional.empty())) {
            pipeline.start();
            pipeline.reject("not JSON", Optional.empty(), "x".getBytes(StandardCharsets.UTF_8));
            pipeline.step(10);
            pipeline.step(10);

            dashboard.takeIn();
            String metrics = Answer.get(dashboard.port(), "/metrics").body();

            assertThat(metrics)
                    .contains("cdf_events_total{outcome=\"applied\"} 20.0")
                    .contains("cdf_events_total{outcome=\"dead-lettered\"} 1.0")
                    .contains("cdf_topic_events_total 21.0")
                    .contains("cdf_latency_seconds_count 21")
                    .contains("cdf_batch_stage_seconds_count{stage=\"commit\"} 1")
                    .contains("cdf_table_version 1.0");
            Matcher asked = METRIC.matcher(Files.readString(Path.of("grafana", "cdf.json")));
            assertThat(asked.results().map(result -> result.group()).distinct())
                    .hasSizeGreaterThan(10)
                    .allSatisfy(name -> assertThat(metrics).contains(name));
        }
    }
}
