package cdf.producer;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** Signals, sent to the real process. */
class InterruptionTest {
    @ParameterizedTest
    @ValueSource(strings = {"INT", "TERM"})
    void signalEndsTheCommandWithItsSummary(String signal, @TempDir Path directory) throws Exception {
        try (EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory.resolve("data"), 0, Map.of()))) {
            Path out = directory.resolve("out");
            Path err = directory.resolve("err");
            Path health = directory.resolve("health");
            Process process = new ProcessBuilder(
                            Path.of(System.getProperty("java.home"), "bin", "java")
                                    .toString(),
                            "-cp",
                            System.getProperty("java.class.path"),
                            Producer.class.getName(),
                            "generate",
                            "--bootstrap-server=" + broker.bootstrapServer(),
                            "--events-per-second=100",
                            "--health-file=" + health,
                            "-o=json")
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile())
                    .start();
            try {
                Await.until("it generates", () -> Files.exists(health) || !process.isAlive());
                Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process.pid())).start();
                assertThat(kill.waitFor()).isZero();

                assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();

                String errors = Files.readString(err, StandardCharsets.UTF_8);
                Outcome outcome = new Outcome(process.exitValue(), Files.readString(out), errors);
                assertThat(outcome.code()).as(errors).isEqualTo(130);
                assertThat(errors).isEmpty();
                assertThat(outcome.number("generated"))
                        .isEqualTo(outcome.number("acknowledged"))
                        .isEqualTo(TopicReader.readAll(broker.bootstrapServer(), "r023hf")
                                .size());
            } finally {
                process.destroyForcibly();
            }
        }
    }
}
