package cdf.kafka;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.common.TopicPartition;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class TopicsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private static EmbeddedBroker broker;
    private static Topics topics;

    @BeforeAll
    static void startBroker(@TempDir Path directory) {
        broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of("auto.create.topics.enable", "false")));
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
    }

    @AfterAll
    static void closeBroker() {
        topics.close();
        broker.close();
    }

    @Test
    void missingTopicHasNoPartitionsAndNoEnds() {
        assertThat(topics.partitions("missing")).isEmpty();
        assertThat(topics.endOffsets("missing")).isEmpty();
        assertThat(topics.partitions("missing")).isEmpty();
    }

    @Test
    void missingTopicIsCreatedWithThePartitionsAskedFor() {
        int partitions = topics.ensure("created", 3);

        assertThat(partitions).isEqualTo(3);
        assertThat(topics.partitions("created")).hasValue(3);
        assertThat(topics.endOffsets("created")).isEqualTo(Map.of(0, 0L, 1, 0L, 2, 0L));
    }

    @Test
    void aPrefixSelectsTheTopicsOfTablesAlone() {
        for (String name : new String[] {
            "shop.public.users", "shop.b", "shop.offsets", "shop.heartbeat", "shop...", "shop", "shops.a", "a.shop.b"
        }) {
            topics.ensure(name, 1);
        }
        TopicSelection selection = new TopicSelection.Prefixed("shop");

        assertThat(selection.topics(topics)).containsExactly("shop.b", "shop.public.users");
        assertThat(selection.tableName("shop.public.users")).isEqualTo("public.users");
    }

    @Test
    void everyPartitionOfANewTopicTakesRecordsAtOnce() throws Exception {
        try (Admin impatient = Admin.create(topics.connection().clientProperties(Map.of("retries", "0")))) {
            topics.ensure("ready", 64);

            var ends = impatient.listOffsets(IntStream.range(0, 64)
                    .boxed()
                    .collect(Collectors.toMap(
                            partition -> new TopicPartition("ready", partition), p -> OffsetSpec.latest())));

            assertThat(ends.all().get()).hasSize(64);
        }
    }

    @Test
    void existingTopicStaysAsItIs() {
        topics.ensure("existing", 2);

        assertThat(topics.ensure("existing", 5)).isEqualTo(2);
        assertThat(topics.partitions("existing")).hasValue(2);
    }

    @Test
    void endIsTheOffsetOfThePartitionsNextRecord() {
        topics.ensure("ends", 1);
        try (Publisher publisher = Publisher.open(topics.connection(), "ends", Duration.ZERO)) {
            for (int record = 0; record < 17; record++) {
                publisher.send(null, new byte[1], System.nanoTime());
            }
            publisher.flush();
        }

        assertThat(topics.endOffsets("ends")).isEqualTo(Map.of(0, 17L));
    }

    @Test
    void impossibleNameIsWrongUsage() {
        CdfException failure = catchThrowableOfType(CdfException.class, () -> topics.ensure("a/b", 1));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
        assertThat(failure.problem()).contains("'a/b'");
    }

    @Test
    void whatTheBrokerRefusesDoesNotCountAsUnreachable() {
        CdfException failure = catchThrowableOfType(CdfException.class, () -> topics.ensure("none", 0));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.problem()).contains(broker.bootstrapServer(), "partitions");
    }

    @Test
    void portThatNobodyListensAtIsUnreachableWithinTenSecondsAndNamed() throws IOException {
        int port;
        try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = free.getLocalPort();
        }

        assertUnreachable("localhost:" + port);
    }

    @Test
    void serverThatNeverAnswersIsUnreachableWithinTenSecondsAndNamed() throws IOException {
        try (ServerSocket silent = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertUnreachable("localhost:" + silent.getLocalPort());
        }
    }

    @Test
    void nameThatDoesNotExistIsUnreachableAndNamed() {
        assertUnreachable("no-such-host.invalid:9092");
    }

    @Test
    void brokerThatWentAwayIsNotReachableAndThatIsNoFailure(@TempDir Path directory) {
        EmbeddedBroker other = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
        try (Topics itsTopics = Topics.connect(new KafkaConnection(other.bootstrapServer()))) {
            boolean before = itsTopics.reachable();
            other.close();
            boolean after = itsTopics.reachable();

            assertThat(List.of(before, after)).containsExactly(true, false);
        } finally {
            other.close();
        }
    }

    private static void assertUnreachable(String address) {
        long start = System.nanoTime();

        CdfException failure =
                catchThrowableOfType(CdfException.class, () -> Topics.connect(new KafkaConnection(address)));

        assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LIMIT);
        assertThat(failure.exitCode()).isEqualTo(ExitCode.BROKER_UNREACHABLE);
        assertThat(failure.problem()).contains(address);
        assertThat(failure.hint()).contains("--bootstrap-server");
    }
}
