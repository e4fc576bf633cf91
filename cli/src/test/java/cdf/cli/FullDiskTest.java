package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code cdf apply} on a file system that is full, and has room again. */
class FullDiskTest {
    private static final String TOPIC = "users";
    private static final int EVENTS = 20_000;
    private static final int BATCH_EVENTS = 2_000;
    private static final int MEBIBYTE = 1 << 20;
    private static final int SIZE = 24 * MEBIBYTE;

    /** What the filler leaves: enough for some of the batches, of about a quarter of a MiB each, and not for all. */
    private static final int ROOM = MEBIBYTE;

    @TempDir
    private Path directory;

    private Path disk = Path.of("");
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        disk = Files.createDirectory(directory.resolve("disk"));
        mounted = run("mount", "-t", "tmpfs", "-o", "size=" + SIZE, "tmpfs", disk.toString()) == 0;
        if (!mounted) {
            throw RequiredTool.missing(System.getenv(), "no tmpfs can be mounted, which needs root");
        }
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            assertThat(run("umount", "--lazy", disk.toString())).isZero();
        }
    }

    @Test
    void fullDiskEndsTheRunWithItsCauseAndWithRoomTheNextGoesOn() throws Exception {
        Path filler = disk.resolve("filler");
        Files.write(filler, new byte[SIZE - ROOM]);
        try (EmbeddedBroker broker =
                EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()))) {
            Map<String, String> truth = publish(broker);

            Run full = apply(broker);

            assertThat(full.exitCode()).as(full.err()).isEqualTo(1);
            assertThat(full.err())
                    .contains("error: ", TOPIC, "No space left on device")
                    .contains("hint:  make room")
                    .doesNotContain("\tat ", "Exception");
            Map<String, String> before = names();
            assertThat(before).hasSizeBetween(1, truth.size() - 1);
            assertThat(truth).containsAllEntriesOf(before);

            Files.delete(filler);
            Run roomy = apply(broker);

            assertThat(roomy.exitCode()).as(roomy.err()).isZero();
            assertThat(roomy.lastLine()).contains("\"read\":" + (EVENTS - before.size()) + ",");
            assertThat(names()).isEqualTo(truth);
        }
    }

    private Run apply(EmbeddedBroker broker) {
        return Run.of(
                "apply",
                "--once",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + TOPIC,
                "--table=" + disk.resolve("users"),
                "--max-batch-events=" + BATCH_EVENTS,
                "--output=json");
    }

    /** Sends rows that do not compress well, each once. */
    private static Map<String, String> publish(EmbeddedBroker broker) {
        Map<String, String> truth = new HashMap<>();
        Random random = new Random(7);
        try (Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure(TOPIC, 1);
            try (Publisher publisher = Publisher.open(topics.connection(), TOPIC, Duration.ofMillis(5))) {
                for (int event = 0; event < EVENTS; event++) {
                    String id = "user-" + event;
                    String name = random.ints(100, 'a', 'z' + 1)
                            .mapToObj(Character::toString)
                            .collect(Collectors.joining());
                    publisher.send(
                            id.getBytes(StandardCharsets.UTF_8),
                            ("{\"op\":\"c\",\"after\":{\"id\":\"" + id + "\",\"name\":\"" + name + "\",\"balance\":1}}")
                                    .getBytes(StandardCharsets.UTF_8),
                            System.nanoTime());
                    truth.put(id, name);
                }
                publisher.flush();
            }
        }
        return truth;
    }

    private Map<String, String> names() {
        try (LocalSpark spark = LocalSpark.startWithDelta()) {
            return spark
                    .session()
                    .read()
                    .format("delta")
                    .load(disk.resolve("users").toString())
                    .collectAsList()
                    .stream()
                    .collect(Collectors.toMap(row -> row.getString(0), row -> row.getString(1)));
        }
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(List.of(command)).inheritIO().start().waitFor();
    }
}
