package cdf.producer;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** What {@code generate} does while the broker is away. */
class StalledBrokerTest {
    private static final String[] SMALL_BATCHES = {"-X", "batch.size=1000"};

    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();
    private final Path directory;

    StalledBrokerTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @ParameterizedTest
    @ValueSource(strings = {"buffer.memory=20000", "buffer.memory=20000000"})
    void brokerThatStallsIsReportedWhetherTheBufferIsFullOrNotAndLosesNothing(String buffer) throws Exception {
        EmbeddedBroker broker = start(0);
        String address = broker.bootstrapServer();
        try {
            CompletableFuture<Integer> running =
                    generate(address, "--events=2000", "--events-per-second=500", "-X", buffer);
            Await.until("some records have come", () -> !read(address).isEmpty());
            broker.close();
            Await.until("the delay is told", () -> err().contains("behind schedule"));
            broker = start(Integer.parseInt(address.substring(address.indexOf(':') + 1)));

            Outcome outcome = new Outcome(running.get(), out.toString(StandardCharsets.UTF_8), err());

            assertThat(outcome.code()).as(outcome.err()).isZero();
            assertThat(outcome.number("generated")).isEqualTo(2_000);
            assertThat(outcome.number("acknowledged")).isEqualTo(2_000);
            assertThat(outcome.number("behindMillis")).isGreaterThan(1_000);
            assertThat(read(address)).hasSize(2_000);
        } finally {
            broker.close();
        }
    }

    @Test
    void brokerThatStaysAwayFailsTheCommandWithTheNumberAcknowledged() throws Exception {
        EmbeddedBroker broker = start(0);
        String address = broker.bootstrapServer();
        try {
            CompletableFuture<Integer> running = generate(
                    address,
                    "--events-per-second=100",
                    "-X",
                    "delivery.timeout.ms=1000",
                    "-X",
                    "request.timeout.ms=500",
                    "-X",
                    "max.block.ms=1000");
            Await.until("some records have come", () -> !read(address).isEmpty());
            broker.close();

            assertThat(running.get()).isEqualTo(1);
            assertThat(err())
                    .contains("error: sending to r023hf failed: no broker answers at " + address)
                    .containsPattern("; [1-9][0-9]* of [1-9][0-9]* records were acknowledged");
        } finally {
            broker.close();
        }
    }

    private CompletableFuture<Integer> generate(String address, String... options) {
        String[] all = Stream.of(
                        new String[] {"generate", "--bootstrap-server=" + address, "-o=json"}, SMALL_BATCHES, options)
                .flatMap(Stream::of)
                .toArray(String[]::new);
        return CompletableFuture.supplyAsync(() -> Producer.run(Outcome.terminal(out, err), Map.of(), all));
    }

    private String err() {
        return err.toString(StandardCharsets.UTF_8);
    }

    private static List<ConsumerRecord<byte[], byte[]>> read(String address) {
        return TopicReader.readAll(address, "r023hf");
    }

    private EmbeddedBroker start(int port) {
        return EmbeddedBroker.start(new BrokerSettings(directory, port, Map.of()));
    }
}
