package cdf.broker;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.metadata.FeatureLevelRecord;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.util.BatchFileWriter;
import org.apache.kafka.server.common.ApiMessageAndVersion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

class EmbeddedBrokerTest {
    /** Of the metrics library and of the JDK, once for the whole process. */
    private static final Set<String> SHARED_THREADS =
            Set.of("metrics-meter-tick-thread-1", "metrics-meter-tick-thread-2", "CompletableFutureDelayScheduler");

    private final Path temporary;

    EmbeddedBrokerTest(@TempDir Path temporary) {
        this.temporary = temporary;
    }

    @Test
    void recordSurvivesCloseAndRestartInTheSameDirectoryAndPort() throws Exception {
        Path data = temporary.resolve("not/yet/there");
        int port;
        String cluster;
        try (EmbeddedBroker first = start(data, 0)) {
            port = portOf(first);
            cluster = clusterOf(first);
            new Clients(first).send("users", "kept");
        }

        try (EmbeddedBroker second = start(data, port)) {
            assertThat(second.bootstrapServer()).isEqualTo("localhost:" + port);
            assertThat(clusterOf(second)).isEqualTo(cluster);
            assertThat(new Clients(second).read("users", 1)).containsExactly("kept");
        }
    }

    @Test
    void closedBrokerLeavesNoThreadAndMayBeClosedAgain() {
        EmbeddedBroker broker = start(temporary.resolve("data"), 0);

        broker.close();
        broker.close();

        assertThat(broker.termination()).isCompletedWithValue(null);
        assertNothingRuns();
    }

    @Test
    void twoBrokersRunSideBySide() throws Exception {
        try (EmbeddedBroker one = start(temporary.resolve("one"), 0);
                EmbeddedBroker other = start(temporary.resolve("other"), 0)) {
            new Clients(one).send("users", "of one");
            new Clients(other).send("users", "of the other");

            assertThat(new Clients(one).read("users", 1)).containsExactly("of one");
            assertThat(new Clients(other).read("users", 1)).containsExactly("of the other");
        }
    }

    @Test
    void listensOnTheLoopbackOnly() throws Exception {
        try (EmbeddedBroker broker = start(temporary.resolve("data"), 0);
                ServerSocket samePortElsewhere = new ServerSocket()) {
            samePortElsewhere.bind(new InetSocketAddress("127.0.0.2", portOf(broker)));

            assertThat(samePortElsewhere.isBound()).isTrue();
        }
    }

    @Test
    void printsNothingToStandardOutput() {
        PrintStream standardOutput = System.out;
        ByteArrayOutputStream printed = new ByteArrayOutputStream();
        System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
        try {
            start(temporary.resolve("data"), 0).close();
        } finally {
            System.setOut(standardOutput);
        }

        assertThat(printed.toString(StandardCharsets.UTF_8)).isEmpty();
    }

    @Test
    void takenPortIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CdfException failure = startFails(temporary.resolve("data"), taken.getLocalPort());

            assertThat(failure.problem()).contains("port " + taken.getLocalPort());
            assertThat(failure.hint()).contains("--port");
            assertThat(temporary.resolve("data")).doesNotExist();
        }
    }

    @Test
    void directoryThatCannotBeCreatedIsNamed() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        CdfException failure = startFails(file.resolve("data"), 0);

        assertThat(failure.problem()).contains("cannot be created").contains(file.toString());
    }

    @Test
    void fileInPlaceOfTheDirectoryIsRefused() throws IOException {
        Path file = Files.createFile(temporary.resolve("file"));

        assertThat(startFails(file, 0).problem()).isEqualTo(file + " is not a directory");
    }

    @Test
    void directoryThatCannotBeWrittenIsRefused() {
        // Empty, and nobody, not even root, creates files there.
        Path data = Path.of("/proc/tty/ldisc");
        assumeThat(data).isEmptyDirectory();

        CdfException failure = startFails(data, 0);

        assertThat(failure.problem()).contains("cannot be written");
    }

    @Test
    void foreignDirectoryIsRefusedAndLeftAsItWas() throws IOException {
        Path data = Files.createDirectory(temporary.resolve("photos"));
        Path photo = Files.createFile(data.resolve("cat.jpeg"));

        CdfException failure = startFails(data, 0);

        assertThat(failure.problem()).contains("holds other files");
        assertThat(data).isDirectoryContaining(photo::equals);
        try (Stream<Path> entries = Files.list(data)) {
            assertThat(entries).containsExactly(photo);
        }
    }

    @Test
    void interruptedFirstStartIsTakenUpAgain() throws Exception {
        Path data = Files.createDirectory(temporary.resolve("data"));
        Files.createFile(data.resolve(".cdf.lock"));
        Files.write(data.resolve("bootstrap.checkpoint"), new byte[] {1, 2, 3});

        try (EmbeddedBroker broker = start(data, 0)) {
            assertThat(clusterOf(broker)).isNotEmpty();
        }
    }

    @Test
    void directoryOfARunningBrokerIsRefusedAndTheBrokerGoesOn() throws Exception {
        Path data = temporary.resolve("data");
        try (EmbeddedBroker broker = start(data, 0)) {
            CdfException failure = failureOf(data, 0);

            assertThat(failure.problem()).contains("in use by another broker");
            new Clients(broker).send("users", "still served");
        }
    }

    @Test
    void directoryLockedByAnotherProcessIsRefused() throws Exception {
        Path data = temporary.resolve("data");
        start(data, 0).close();
        for (String lock : List.of(".cdf.lock", ".lock")) {
            Process holder = holdLock(data.resolve(lock));
            try {
                assertThat(startFails(data, 0).problem()).contains("in use by another broker");
            } finally {
                holder.destroy();
                holder.waitFor();
            }
        }
    }

    @Test
    void metaPropertiesOfANewerFormatAreRefused() throws IOException {
        Path data = directoryWith("version=2\ncluster.id=c\nnode.id=1\n");

        assertThat(startFails(data, 0).problem()).contains("cannot be used").contains("version number 2");
    }

    @Test
    void metaPropertiesOfAnotherNodeAreRefused() throws IOException {
        Path data = directoryWith("version=1\ncluster.id=c\nnode.id=7\n");

        assertThat(startFails(data, 0).problem()).contains("node 7");
    }

    @Test
    void metaPropertiesOfAZooKeeperBrokerAreRefused() throws IOException {
        Path data = directoryWith("version=0\ncluster.id=c\nbroker.id=1\n");

        assertThat(startFails(data, 0).problem()).contains("not formatted for KRaft");
    }

    @Test
    void directoryFormattedByANewerKafkaIsRefused() throws IOException {
        Path data = directoryWith("version=1\ncluster.id=c\nnode.id=1\n");
        writeMetadataVersion(data.resolve(BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME));

        CdfException failure = startFails(data, 0);

        assertThat(failure.problem()).contains("cannot be used").contains("999");
        assertThat(failure.hint()).contains("the Kafka that wrote it");
    }

    @Test
    void metadataLogThatCannotBeOpenedFailsTheStartAndNotTheProcess() throws IOException {
        Path data = temporary.resolve("data");
        start(data, 0).close();
        Utils.delete(data.resolve("__cluster_metadata-0").toFile());
        Files.createFile(data.resolve("__cluster_metadata-0"));

        CdfException failure = startFails(data, 0);

        assertThat(failure.problem()).contains("could not start").contains("__cluster_metadata-0");
    }

    @Test
    void vanishedDirectoryFailsTheBrokerAndNotTheProcess() throws Exception {
        Path data = temporary.resolve("data");
        EmbeddedBroker broker = start(data, 0);
        try (Admin admin = new Clients(broker).admin()) {
            Utils.delete(data.toFile());
            var unanswered = admin.createTopics(List.of(new NewTopic("users", 1, (short) 1)));

            assertThat(unanswered).isNotNull();
            assertThatThrownBy(() -> broker.termination().get(60, TimeUnit.SECONDS))
                    .cause()
                    .isInstanceOfSatisfying(CdfException.class, failure -> {
                        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
                        assertThat(failure.problem()).startsWith("the broker has failed");
                        assertThat(failure.hint()).contains(data.toString());
                    });
        } finally {
            broker.close();
        }
        assertNothingRuns();
    }

    @Test
    void unknownValueOfAServerPropertyIsWrongUsage() {
        BrokerSettings settings = new BrokerSettings(temporary.resolve("data"), 0, Map.of("num.partitions", "many"));

        CdfException failure = catchThrowableOfType(CdfException.class, () -> EmbeddedBroker.start(settings));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
        assertThat(failure.problem()).contains("num.partitions");
        assertNothingRuns();
    }

    @Test
    void serverPropertiesOverrideTheDefaults() throws Exception {
        BrokerSettings settings = new BrokerSettings(temporary.resolve("data"), 0, Map.of("num.partitions", "7"));
        try (EmbeddedBroker broker = EmbeddedBroker.start(settings);
                Admin admin = new Clients(broker).admin()) {
            new Clients(broker).send("users", "anything");

            var topics =
                    admin.describeTopics(List.of("users")).allTopicNames().get().values();
            assertThat(topics).singleElement().satisfies(topic -> assertThat(topic.partitions())
                    .hasSize(7));
        }
    }

    private static EmbeddedBroker start(Path data, int port) {
        return EmbeddedBroker.start(new BrokerSettings(data, port, Map.of()));
    }

    private static CdfException startFails(Path data, int port) {
        CdfException failure = failureOf(data, port);
        assertNothingRuns();
        return failure;
    }

    private static CdfException failureOf(Path data, int port) {
        CdfException failure = catchThrowableOfType(CdfException.class, () -> start(data, port));
        assertThat(failure).isNotNull();
        assertThat(failure.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(failure.hint()).isNotEmpty();
        return failure;
    }

    private static void assertNothingRuns() {
        List<Thread> left = Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getThreadGroup() instanceof BrokerThreads)
                .filter(thread -> !SHARED_THREADS.contains(thread.getName()))
                .toList();
        assertThat(left).allSatisfy(thread -> {
            thread.join(Duration.ofSeconds(10).toMillis());
            assertThat(thread.isAlive()).isFalse();
        });
    }

    private static int portOf(EmbeddedBroker broker) {
        String address = broker.bootstrapServer();
        return Integer.parseInt(address.substring(address.lastIndexOf(':') + 1));
    }

    private static String clusterOf(EmbeddedBroker broker) throws Exception {
        try (Admin admin = new Clients(broker).admin()) {
            return admin.describeCluster().clusterId().get();
        }
    }

    private Path directoryWith(String metaProperties) throws IOException {
        Path data = Files.createDirectory(temporary.resolve("data"));
        Files.writeString(data.resolve("meta.properties"), metaProperties);
        return data;
    }

    private static void writeMetadataVersion(Path bootstrapFile) throws IOException {
        try (BatchFileWriter writer = BatchFileWriter.open(bootstrapFile)) {
            FeatureLevelRecord level =
                    new FeatureLevelRecord().setName("metadata.version").setFeatureLevel((short) 999);
            writer.append(new ApiMessageAndVersion(level, (short) 0));
        }
    }

    /** Starts a process that holds the file's lock, and returns when it does. */
    private Process holdLock(Path file) throws IOException {
        Path program = Files.writeString(temporary.resolve("HoldLock.java"), """
                import java.nio.channels.FileChannel;
                import java.nio.file.Path;
                import java.nio.file.StandardOpenOption;

                class HoldLock {
                    public static void main(String[] arguments) throws Exception {
                        FileChannel.open(Path.of(arguments[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
                                .lock();
                        System.out.println("locked");
                        System.in.read();
                    }
                }
                """);
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        Process holder = new ProcessBuilder(java.toString(), program.toString(), file.toString()).start();
        assertThat(holder.inputReader().readLine()).isEqualTo("locked");
        return holder;
    }
}
