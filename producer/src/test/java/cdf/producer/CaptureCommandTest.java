package cdf.producer;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.EmbeddedPostgres;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code capture}, as the user runs it. */
class CaptureCommandTest {
    private static final String PASSWORD = "p@ss:w/o?r&d=%41 '\"\\é";

    private static EmbeddedBroker broker;
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start(@TempDir Path directory) {
        broker = EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
        postgres = EmbeddedPostgres.start(directory.resolve("postgres"));
        execute(postgres.address(), "CREATE ROLE ada LOGIN REPLICATION PASSWORD '" + PASSWORD.replace("'", "''") + "'");
    }

    @AfterAll
    static void close() {
        postgres.close();
        broker.close();
    }

    @Test
    void lastLineIsTheSummary() {
        String url = database("summary");

        Outcome outcome = capture(url, "--topic=summary", "--once", "-o=json");

        assertThat(outcome.code()).as(outcome.err()).isZero();
        assertThat(outcome.out().lines()).hasSize(1);
        assertThat(outcome.number("captured")).isEqualTo(2);
        assertThat(outcome.number("snapshotRows")).isEqualTo(2);
        assertThat(outcome.text("topics")).isEqualTo("[\"summary.public.users\"]");
        assertThat(outcome.text("slot")).isEqualTo("cdf_summary");
        assertThat(outcome.text("lsn")).matches("[0-9A-F]+/[0-9A-F]+");
        assertThat(outcome.summary().columns()).containsKey("seconds");
        assertThat(TopicReader.readAll(broker.bootstrapServer(), "summary.public.users"))
                .hasSize(2);
    }

    @Test
    void slotAndPublicationAreShownAndRemoved() {
        String url = database("shown");

        Outcome first = capture(url, "--topic-prefix=shown", "--slot=myslot", "--publication=mine", "--once");
        Outcome dropped = capture(url, "--topic-prefix=shown", "--slot=myslot", "--publication=mine", "--drop-slot");
        Outcome nothing = capture(url, "--topic-prefix=shown", "--drop-slot", "-o=json");

        assertThat(first.code()).as(first.err()).isZero();
        assertThat(first.err()).contains("slot myslot, publication mine: first the rows of public.users");
        assertThat(first.out()).contains("captured 2 events", "slot myslot is at ");
        assertThat(dropped.out().strip()).isEqualTo("removed slot myslot, publication mine, topic shown.offsets");
        assertThat(nothing.out().strip()).isEqualTo("{\"dropped\":[]}");
    }

    @Test
    void interruptedCaptureEndsInOrderAndTheNextGoesOn(@TempDir Path directory) throws Exception {
        String url = database("interrupted");
        Path out = directory.resolve("out");
        Process process = process(out, directory.resolve("err"), url, "--topic=interrupted", "-o=json");
        try (Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            Await.until(
                    "both rows are in Kafka",
                    () -> topics.endOffsets("interrupted.public.users").equals(Map.of(0, 2L)) || !process.isAlive());
            Await.until(
                    "their position is, too",
                    () -> topics.endOffsets("interrupted.offsets").getOrDefault(0, 0L) > 1 || !process.isAlive());
        }

        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        int code = process.waitFor();
        Outcome next = capture(url, "--topic=interrupted", "--once", "-o=json");

        assertThat(code).isEqualTo(130);
        assertThat(Files.readString(out)).contains("\"captured\":2", "\"slot\":\"cdf_interrupted\"");
        assertThat(next.number("snapshotRows")).isZero();
    }

    @Test
    void everyWayOfGivingThePasswordWorksAndNonePrintsIt(@TempDir Path directory) throws Exception {
        String url = database("passwords");
        Path config = directory.resolve("client.properties");
        Files.writeString(config, "database.password=" + PASSWORD.replace("\\", "\\\\"));
        Path file = directory.resolve("pgpass");
        Files.writeString(file, "*:*:*:ada:" + PASSWORD.replace("\\", "\\\\").replace(":", "\\:") + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        Path out = directory.resolve("out");
        Path err = directory.resolve("err");

        Outcome fromFile = capture(Map.of("PGPASSFILE", file.toString()), url, "--once", "--debug");
        Outcome fromConfig = capture(Map.of(), url, "--once", "--command-config=" + config);
        int fromEnvironment =
                process(out, err, url, "--once", "--verbose", "--debug").waitFor();

        assertThat(fromFile.code()).as(fromFile.err()).isZero();
        assertThat(fromConfig.code()).as(fromConfig.err()).isZero();
        assertThat(fromEnvironment).isZero();
        assertThat(Files.readString(err)).contains("database.password = ****");
        assertThat(fromFile.err() + fromConfig.err() + Files.readString(err) + Files.readString(out))
                .doesNotContain(PASSWORD, "p@ss");
    }

    @Test
    void logOfTheConnectorIsNotShown(@TempDir Path directory) throws Exception {
        String url = database("quiet");
        Path err = directory.resolve("err");

        int code = process(directory.resolve("out"), err, url, "--topic=quiet", "--once")
                .waitFor();

        assertThat(code).isZero();
        assertThat(Files.readAllLines(err)).isNotEmpty().allMatch(line -> line.startsWith("cdf: "));
    }

    @ParameterizedTest
    @CsvSource({
        "postgresql://ada@127.0.0.1:1/users, no PostgreSQL answers",
        "postgresql://ada@127.0.0.1:PORT/nothing, no such database",
        "postgresql://eve@127.0.0.1:PORT/postgres, refuses the user or the password",
    })
    void databaseThatCannotBeReachedEndsWithFour(String url, String problem) {
        Outcome outcome =
                capture(url.replace("PORT", Integer.toString(postgres.address().port())), "--once");

        assertThat(outcome.code()).isEqualTo(4);
        assertThat(outcome.err()).contains(problem, "hint:").doesNotContain("\tat ", "p@ss");
    }

    @Test
    void brokerThatIsAwayEndsWithFour() {
        Outcome outcome = Outcome.of(
                Map.of("PGPASSWORD", PASSWORD),
                "capture",
                "--bootstrap-server=localhost:1",
                "--database=" + database("nobroker"),
                "--tables=users");

        assertThat(outcome.code()).isEqualTo(4);
        assertThat(outcome.err()).contains("no broker answers at localhost:1");
    }

    @Test
    void everythingThatIsWrongWithTheOptionsIsToldAtOnce() {
        Outcome outcome = Outcome.of(
                "capture", "--database=postgresql://ada:geheim@db/x", "--tables=a.b.c", "--slot=Big", "--partitions=0");
        Outcome names = Outcome.of(
                "capture",
                "--database=postgresql://ada@db/x",
                "--tables=users,users",
                "--slot=Big",
                "--partitions=0",
                "--topic-prefix=a/b");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err())
                .contains("PGPASSWORD", "'a.b.c' is not SCHEMA.TABLE")
                .doesNotContain("geheim");
        assertThat(names.code()).isEqualTo(2);
        assertThat(names.err()).contains("'Big'", "0 is not at least 1", "'a/b'", "public.users is there twice");
    }

    /** A new database with two users; as whom to capture it. */
    private static String database(String name) {
        DatabaseAddress address = postgres.createDatabase(name);
        execute(
                address,
                "CREATE TABLE users (id int PRIMARY KEY, name text)",
                "ALTER TABLE users OWNER TO ada",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')",
                "GRANT CREATE ON DATABASE " + name + " TO ada");
        return "postgresql://ada@127.0.0.1:" + address.port() + "/" + name;
    }

    private static void execute(DatabaseAddress address, String... statements) {
        try (Connection connection = address.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    private static Outcome capture(String url, String... options) {
        return capture(Map.of("PGPASSWORD", PASSWORD), url, options);
    }

    private static Outcome capture(Map<String, String> environment, String url, String... options) {
        return Outcome.of(environment, arguments(url, options));
    }

    private static String[] arguments(String url, String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "capture", "--bootstrap-server=" + broker.bootstrapServer(), "--database=" + url, "--tables=users"));
        arguments.addAll(List.of(options));
        return arguments.toArray(String[]::new);
    }

    private static Process process(Path out, Path err, String url, String... options) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Producer.class.getName()));
        command.addAll(List.of(arguments(url, options)));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().put("PGPASSWORD", PASSWORD);
        return builder.start();
    }
}
