package cdf.cli;

import cdf.lake.LocalSpark;
import cdf.producer.Terminal;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** The commands that read a table, as a user runs them. */
class ReadCommandsTest {
    private static final String PROPERTIES = " USING delta TBLPROPERTIES ('cdf.key' = 'id',"
            + " 'delta.enableChangeDataFeed' = 'true', 'delta.enableDeletionVectors' = 'true')";

    @TempDir
    private static Path directory;

    private static String users;

    @BeforeAll
    static void writeTables() {
        users = directory.resolve("users").toString();
        try (LocalSpark local = LocalSpark.startWithDelta()) {
            SparkSession spark = local.session();
            String table = "delta.`" + users + "`";
            spark.sql("CREATE TABLE " + table + " (id STRING, name STRING, balance DECIMAL(10,2))" + PROPERTIES);
            spark.sql("INSERT INTO " + table + " SELECT * FROM VALUES ('a', 'Ada', 1.5), ('b', NULL, 2)");
            spark.sql("UPDATE " + table + " SET balance = 3 WHERE id = 'a'");
            spark.sql("DELETE FROM " + table + " WHERE id = 'b'");
            spark.sql("CREATE TABLE delta.`" + users + "-dead-letters` (topic STRING, partition INT, offset LONG,"
                    + " timestamp TIMESTAMP, key BINARY, value BINARY, reason STRING, column STRING) USING delta");
            spark.sql("INSERT INTO delta.`" + users + "-dead-letters` VALUES"
                    + " ('users', 0, 7, timestamp_micros(1500), NULL, X'FF', 'not UTF-8', NULL),"
                    + " ('users', 0, 3, timestamp_micros(0), X'6B', X'7B0A', 'not JSON', 'id')");
            spark.sql("CREATE TABLE delta.`" + directory.resolve("many") + "` (id LONG, text STRING)" + PROPERTIES);
            spark.sql("INSERT INTO delta.`" + directory.resolve("many") + "` SELECT id, repeat('x', 100) FROM"
                    + " range(50000)");
        }
    }

    @Test
    void tableShowsRowsForPeopleAndTheirNumberBeside() {
        Run run = Run.of("table", users);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.lines()).containsExactly("id  name  balance", "--  ----  -------", "a   Ada      3.00");
        assertThat(run.err()).isEqualTo("1 rows, version 3\n");
    }

    @Test
    void tableShowsAnOldVersionAsJson() {
        Run run = Run.of("table", users, "--version", "1", "-o", "json");

        assertThat(run.lines())
                .containsExactlyInAnyOrder(
                        "{\"id\":\"a\",\"name\":\"Ada\",\"balance\":1.50}",
                        "{\"id\":\"b\",\"name\":null,\"balance\":2.00}");
        assertThat(run.err()).isEmpty();
    }

    @Test
    void tableShowsCsv() {
        Run run = Run.of("table", users, "-o", "csv", "--limit", "1");

        assertThat(run.out()).isEqualTo("id,name,balance\r\na,Ada,3.00\r\n");
    }

    @Test
    void feedShowsChangesForPeople() {
        Run run = Run.of("feed", users);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.lines().stream()
                        .map(line -> line.replaceFirst("  \\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3}", "")))
                .containsExactly(
                        "v1  create     a  name Ada  balance 1.50",
                        "v1  create     b  name null  balance 2.00",
                        "v2  update     a  balance 1.50 → 3.00",
                        "v3  delete     b  name null  balance 2.00");
        assertThat(run.err()).isEqualTo("4 changes, versions 0 to 3\n");
    }

    @Test
    void feedShowsSomeVersionsAsJson() {
        Run run = Run.of("feed", users, "--from-version=2", "--to-version=2", "-o", "json");

        assertThat(run.lines()).hasSize(1);
        assertThat(run.lastLine())
                .matches(
                        "\\{\"version\":2,\"timestamp\":\"\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d(\\.\\d{3})?Z\",\"op\":\"u\","
                                + "\"before\":\\{\"id\":\"a\",\"name\":\"Ada\",\"balance\":1\\.50},"
                                + "\"after\":\\{\"id\":\"a\",\"name\":\"Ada\",\"balance\":3\\.00}}");
    }

    @Test
    void feedThatIsFollowedShowsWhatComesUntilItIsInterrupted() throws Exception {
        Path table = directory.resolve("followed");
        Process feed;
        List<String> output = new ArrayList<>();
        try (LocalSpark local = LocalSpark.startWithDelta()) {
            local.session().sql("CREATE TABLE delta.`" + table + "` (id INT)" + PROPERTIES);
            local.session().sql("INSERT INTO delta.`" + table + "` VALUES (1)");
            feed = Run.process("feed", table.toString(), "--from-version", "1", "--follow", "-o", "json");
            try (BufferedReader lines = feed.inputReader(StandardCharsets.UTF_8)) {
                output.add(String.valueOf(lines.readLine()));
                local.session().sql("INSERT INTO delta.`" + table + "` VALUES (2)");
                output.add(String.valueOf(lines.readLine()));
                interrupt(feed);
                lines.lines().forEach(output::add);
            }
        }

        assertThat(feed.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(feed.exitValue()).as(String.join("\n", output)).isEqualTo(130);
        assertThat(output).hasSize(2);
        assertThat(output.get(0)).startsWith("{\"version\":1,").contains("\"after\":{\"id\":1}");
        assertThat(output.get(1)).startsWith("{\"version\":2,").contains("\"after\":{\"id\":2}");
    }

    @Test
    void feedThatIsFollowedToAVersionEndsThere() {
        Run run = Run.of("feed", users, "--follow", "--to-version=2", "-o", "json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.lines()).hasSize(3);
    }

    @Test
    void deadLettersAreShownAsJsonInTheirOrder() {
        Run run = Run.of("dead-letters", users, "-o", "json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.lines())
                .containsExactly(
                        "{\"topic\":\"users\",\"partition\":0,\"offset\":3,\"timestamp\":\"1970-01-01T00:00:00Z\","
                                + "\"reason\":\"not JSON\",\"column\":\"id\",\"key\":\"k\",\"value\":\"{\\n\"}",
                        "{\"topic\":\"users\",\"partition\":0,\"offset\":7,\"timestamp\":\"1970-01-01T00:00:00.001500Z\","
                                + "\"reason\":\"not UTF-8\",\"column\":null,\"key\":null,\"valueBase64\":\"/w==\"}");
    }

    @Test
    void deadLettersAreShownForPeople() {
        Run run = Run.of("dead-letters", users);

        assertThat(run.lines()).hasSize(4);
        assertThat(run.lines().get(2)).endsWith("  not JSON   id      k     {\\u000a");
        assertThat(run.lines().get(3)).endsWith("  not UTF-8  null    null  base64:/w==");
        assertThat(run.err()).isEqualTo("2 dead letters\n");
    }

    @Test
    void noDeadLettersAreNoFailure() {
        Run run = Run.of("dead-letters", directory.resolve("many").toString(), "-o", "json");

        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.err()).contains("no dead letters");
    }

    @Test
    void whoReadsNoLongerEndsTheCommandQuietly() {
        String many = directory.resolve("many").toString();
        for (List<String> command :
                List.of(List.of("table", many, "-o", "json"), List.of("table", many), List.of("feed", many))) {
            ByteArrayOutputStream err = new ByteArrayOutputStream();
            ClosedPipe out = new ClosedPipe();
            Terminal terminal = new Terminal(
                    new PrintStream(out, false, StandardCharsets.UTF_8),
                    new PrintStream(err, true, StandardCharsets.UTF_8),
                    false,
                    false,
                    false);

            int exitCode = Cdf.run(terminal, Map.of(), command.toArray(String[]::new));

            assertThat(exitCode).as(err.toString(StandardCharsets.UTF_8)).isZero();
            assertThat(err.size()).as(err.toString(StandardCharsets.UTF_8)).isZero();
            assertThat(out.written).isLessThan(1_000_000);
        }
    }

    @Test
    void whatIsNoTableIsSaidBeforeAnythingStarts() throws IOException {
        Path photos = Files.createDirectory(directory.resolve("photos"));
        for (String command : List.of("table", "feed", "dead-letters")) {
            Run run = Run.of(command, photos.toString());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .contains("error: " + photos + " is no Delta table")
                    .contains("hint: ");
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void aVersionThatIsNotThereYetSaysWhichIsTheNewest() {
        for (String[] command : new String[][] {
            {"table", users, "--version=4"},
            {"feed", users, "--from-version=4"},
            {"feed", users, "--to-version=9"},
            {"feed", users, "--follow", "--from-version=5"},
        }) {
            Run run = Run.of(command);

            assertThat(run.exitCode()).as(String.join(" ", command)).isEqualTo(1);
            assertThat(run.err()).contains("the newest is 3");
            assertThat(run.out()).isEmpty();
        }
    }

    @Test
    void optionsThatCannotBeAreWrongUsage() {
        for (String[] command : new String[][] {
            {"table", users, "--version=-1"},
            {"table", users, "--limit=-1"},
            {"table"},
            {"feed", users, "--from-version=3", "--to-version=2"},
            {"feed", users, "--from-version=-1"},
            {"dead-letters", users, "-o", "csv"},
        }) {
            Run run = Run.of(command);

            assertThat(run.exitCode()).as(String.join(" ", command)).isEqualTo(2);
            assertThat(run.err()).contains("error: ").contains("hint: ");
        }
    }

    /** A standard output whose reader takes a little and goes. */
    private static final class ClosedPipe extends OutputStream {
        private int written;

        @Override
        public void write(int oneByte) throws IOException {
            if (++written > 10_000) {
                throw new IOException("Broken pipe");
            }
        }
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }
}
