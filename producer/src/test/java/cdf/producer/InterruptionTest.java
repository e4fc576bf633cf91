package cdf.producer;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.BufferedReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static java.lang.Thread.State.TERMINATED;
import static java.lang.Thread.State.WAITING;
import static org.assertj.core.api.Assertions.assertThat;

/** Signals, sent to the real process. */
class InterruptionTest {
    @Test
    void whatAnInterruptionStopsIsNotClosedMeanwhile() throws Exception {
        CountDownLatch stopping = new CountDownLatch(1);
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        Interruption interruption = Interruption.listen(() -> {
            stopping.countDown();
            stopped.join();
        });
        signal(ProcessHandle.current().pid(), "INT");
        assertThat(stopping.await(30, TimeUnit.SECONDS)).isTrue();

        Thread closing = new Thread(interruption::close);
        closing.start();
        Await.until("it waits or ends", () -> closing.getState() == WAITING || closing.getState() == TERMINATED);
        assertThat(closing.getState()).isEqualTo(WAITING);

        stopped.complete(null);
        closing.join(TimeUnit.SECONDS.toMillis(30));
        assertThat(closing.getState()).isEqualTo(TERMINATED);
        assertThat(interruption.happened()).isTrue();
    }

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
                signal(process.pid(), signal);

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

    @Test
    void secondSignalEndsTheProcessAtOnceAndItsChildrenToo() throws Exception {
        Process parent = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-cp",
                        System.getProperty("java.class.path"),
                        Parent.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        BufferedReader said = parent.inputReader(StandardCharsets.UTF_8);
        ProcessHandle child = ProcessHandle.of(Long.parseLong(said.readLine())).orElseThrow();
        signal(parent.pid(), "INT");
        assertThat(said.readLine()).isEqualTo("stopping");

        signal(parent.pid(), "INT");

        assertThat(parent.waitFor()).isEqualTo(130);
        Await.until("its child has ended", () -> !child.isAlive());
    }

    /** A process with a child in a session of its own, which does not end when it is told to stop. */
    static final class Parent {
        public static void main(String[] arguments) throws Exception {
            var unused = Interruption.listen(() -> System.out.println("stopping"));
            Process child = new ProcessBuilder("setsid", "sleep", "600").start();
            System.out.println(child.pid());
            child.waitFor();
            new CountDownLatch(1).await();
        }
    }

    private static void signal(long process, String signal) throws Exception {
        Process kill = new ProcessBuilder("kill", "-" + signal, Long.toString(process)).start();
        assertThat(kill.waitFor()).isZero();
    }
}
