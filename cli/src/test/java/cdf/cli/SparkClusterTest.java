package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.generator.EventFormat;
import cdf.generator.EventWriter;
import cdf.generator.Mix;
import cdf.generator.UserRow;
import cdf.generator.Workload;
import cdf.generator.WorkloadSettings;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code cdf apply} on a Spark standalone cluster: a master, two workers and two executors, each a process of its own. */
class SparkClusterTest {
    private static final String TOPIC = "clustered";
    private static final int PARTITIONS = 4;

    /** More than one task reads alone. */
    private static final int EVENTS = 50_000;

    private static final int WORKERS = 2;
    private static final long PATIENCE_SECONDS = 180;
    private static final Pattern MASTER = Pattern.compile("Starting Spark master at (spark://\\S+)");
    private static final Pattern REGISTERED = Pattern.compile("Successfully registered with master");
    private static final Pattern PROCESS = Pattern.compile("Started daemon with process name: (\\d+)@");

    private final Workload workload = new Workload(new WorkloadSettings(1, 1_000, Mix.DEFAULT, 1, 1_000));
    private final Deque<Process> processes = new ArrayDeque<>();

    @TempDir
    private Path directory;

    private Path logging = Path.of("");

    @BeforeEach
    void writeLogging() throws IOException {
        Files.createDirectories(directory.resolve("spark-home").resolve("jars"));
        logging = Files.writeString(directory.resolve("log4j2.properties"), """
                appender.console.type = Console
                appender.console.name = console
                appender.console.layout.type = PatternLayout
                appender.console.layout.pattern = %c{1}: %m%n
                rootLogger.level = info
                rootLogger.appenderRef.console.ref = console
                """);
    }

    @AfterEach
    void endProcesses() throws Exception {
        while (!processes.isEmpty()) {
            Process process = processes.pop();
            process.destroy();
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        }
    }

    @Test
    void applyOnAClusterGivesTheTableThatTheTopicAddsUpTo() throws Exception {
        String master = startAndAwait(MASTER, "org.apache.spark.deploy.master.Master", "--webui-port", "0");
        for (int worker = 0; worker < WORKERS; worker++) {
            startAndAwait(
                    REGISTERED,
                    "org.apache.spark.deploy.worker.Worker",
                    "--webui-port",
                    "0",
                    "--cores",
                    "1",
                    "--memory",
                    "1g",
                    "--work-dir",
                    work(worker).toString(),
                    master);
        }
        try (EmbeddedBroker broker =
                EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()))) {
            publish(broker);

            Process apply = submit(master, broker.bootstrapServer());
            String said = new String(apply.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

            assertThat(apply.waitFor()).as(said).isZero();
            assertThat(said).contains("\"read\":" + EVENTS + ",");
            assertThat(said.lines().filter(line -> line.startsWith("{"))).hasSize(1);
        }
        assertThat(table())
                .isEqualTo(workload.rows()
                        .collect(Collectors.toMap(row -> row.id().toString(), SparkClusterTest::columnsOf)));
        assertExecutorsReadKafka();
    }

    /** Each executor has a process that is neither ours nor the driver's, and each read partitions of the topic. */
    private void assertExecutorsReadKafka() throws IOException {
        List<String> processIds = new ArrayList<>();
        for (int worker = 0; worker < WORKERS; worker++) {
            String log = logOf(work(worker));
            Matcher process = PROCESS.matcher(log);
            assertThat(process.find()).as(log).isTrue();
            processIds.add(process.group(1));
            assertThat(log)
                    .contains("CoarseGrainedExecutorBackend")
                    .containsPattern("Assigned to partition\\(s\\): " + TOPIC);
        }
        assertThat(processIds)
                .doesNotHaveDuplicates()
                .doesNotContain(Long.toString(ProcessHandle.current().pid()));
    }

    private static String logOf(Path work) throws IOException {
        try (Stream<Path> files = Files.walk(work)) {
            StringBuilder log = new StringBuilder();
            for (Path file : files.filter(Files::isRegularFile)
                    .filter(file -> file.endsWith("stdout") || file.endsWith("stderr"))
                    .toList()) {
                log.append(Files.readString(file));
            }
            return log.toString();
        }
    }

    private Path work(int worker) {
        return directory.resolve("work-" + worker);
    }

    private void publish(EmbeddedBroker broker) {
        try (Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure(TOPIC, PARTITIONS);
            EventWriter writer = new EventWriter(EventFormat.DEBEZIUM);
            try (Publisher publisher = Publisher.open(topics.connection(), TOPIC, Duration.ofMillis(5))) {
                for (int event = 0; event < EVENTS; event++) {
                    var change = workload.next();
                    publisher.send(writer.key(change), writer.value(change, event), System.nanoTime());
                }
                publisher.flush();
            }
        }
    }

    private Map<String, List<Object>> table() {
        try (LocalSpark spark = LocalSpark.startWithDelta()) {
            List<Row> rows =
                    spark.session().read().format("delta").load(tablePath()).collectAsList();
            return rows.stream()
                    .collect(Collectors.toMap(
                            row -> row.getString(0), row -> List.of(row.getString(1), row.getLong(2))));
        }
    }

    private static List<Object> columnsOf(UserRow user) {
        return List.of(user.name().text(), user.balance());
    }

    private Process submit(String master, String bootstrapServer) throws IOException {
        Map<String, String> settings = Map.of(
                "spark.driver.host", "127.0.0.1",
                "spark.ui.enabled", "false",
                "spark.sql.shuffle.partitions", "2",
                "spark.databricks.delta.snapshotPartitions", "2",
                "spark.executor.memory", "768m",
                "spark.executor.extraClassPath", System.getProperty("java.class.path"),
                "spark.executor.extraJavaOptions",
                        "-XX:TieredStopAtLevel=1 -Dlog4j2.configurationFile=" + logging.toUri());
        List<String> words = new ArrayList<>(List.of("--master", master, "--class", Cdf.class.getName()));
        settings.forEach((name, value) -> words.addAll(List.of("--conf", name + "=" + value)));
        words.add(cliJar().toString());
        words.addAll(List.of("apply", "--once", "--topic", TOPIC, "--output", "json"));
        words.addAll(List.of("--bootstrap-server", bootstrapServer, "--table", tablePath()));
        return start(java("org.apache.spark.deploy.SparkSubmit", "classpath:log4j2.properties", words));
    }

    private String tablePath() {
        return directory.resolve("users").toString();
    }

    /** The jar is packaged only after the tests. */
    private Path cliJar() throws IOException {
        Path classes = Path.of("target", "classes");
        Path jar = directory.resolve("cdf-cli.jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, out);
            }
        }
        return jar;
    }

    /** Starts a daemon of Spark's and gives what it says of itself; it stays until the end of the test. */
    private String startAndAwait(Pattern readiness, String main, String... arguments) throws Exception {
        List<String> words = new ArrayList<>(List.of("--host", "127.0.0.1", "--port", "0"));
        words.addAll(List.of(arguments));
        Path log = directory.resolve("daemon-" + processes.size() + ".log");
        Process daemon = start(java(main, logging.toUri().toString(), words).redirectOutput(log.toFile()));
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(PATIENCE_SECONDS);
        while (true) {
            String said = Files.readString(log);
            Matcher found = readiness.matcher(said);
            if (found.find()) {
                return found.group(found.groupCount());
            }
            assertThat(daemon.isAlive() && System.nanoTime() < deadline)
                    .as(said)
                    .isTrue();
            Thread.sleep(50);
        }
    }

    private ProcessBuilder java(String main, String loggingConfiguration, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "@" + Path.of("..", "spark.options"),
                "-XX:TieredStopAtLevel=1",
                "-Dlog4j2.configurationFile=" + loggingConfiguration,
                "-cp",
                System.getProperty("java.class.path"),
                main));
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        // Where a worker would look for the jars of an installation; here they come with the class path.
        builder.environment().put("SPARK_HOME", directory.resolve("spark-home").toString());
        builder.environment().put("SPARK_SCALA_VERSION", "2.13");
        builder.environment().put("SPARK_LOCAL_IP", "127.0.0.1");
        return builder;
    }

    private Process start(ProcessBuilder builder) throws IOException {
        Process process = builder.start();
        processes.push(process);
        return process;
    }
}
