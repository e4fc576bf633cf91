package cdf.postgres;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.opentest4j.TestAbortedException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The oldest release that is tested, as Debian installs it. Where it is not installed the test is skipped; with {@code CI=true}
 * in the environment it fails.
 */
class Postgres15Test {
    private static final Path PROGRAMS = Path.of("/usr/lib/postgresql/15/bin");

    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start(@TempDir Path directory) {
        if (!Files.exists(PROGRAMS.resolve("postgres"))) {
            if ("true".equals(System.getenv("CI"))) {
                throw new AssertionError("PostgreSQL 15 is not installed, and CI=true lets no test be skipped");
            }
            throw new TestAbortedException("not installed: PostgreSQL 15");
        }
        postgres = EmbeddedPostgres.start(PROGRAMS, directory, Map.of());
    }

    @AfterAll
    static void close() {
        if (postgres != null) {
            postgres.close();
        }
    }

    @Test
    void snapshotChangesKeysAndTruncationsAreCaptured() {
        TestDatabase database = new TestDatabase(postgres.createDatabase("old15"));
        database.execute("CREATE TABLE rows (id int PRIMARY KEY, n int)", "INSERT INTO rows VALUES (1, 1), (2, 2)");

        try (RunningCapture capture =
                RunningCapture.start(database.capture("rows")).awaitStreaming()) {
            database.execute(
                    "UPDATE rows SET id = 3 WHERE id = 1",
                    "TRUNCATE rows",
                    "INSERT INTO rows SELECT id, 0 FROM generate_series(1, 1000) AS id",
                    "DELETE FROM rows WHERE id = 5");
            database.awaitCaptured();
            capture.stop();
        }

        assertThat(database.query("SHOW server_version").get(0)).startsWith("15.");
        assertThat(database.topic("rows").operations()).startsWith("r", "r", "d", "tombstone", "c", "t", "c");
        assertThat(database.topic("rows").rows())
                .isEqualTo(database.rows("rows"))
                .hasSize(999);
    }

    @Test
    void serverThatDiesIsWaitedForAndNothingIsLost() {
        TestDatabase database = new TestDatabase(postgres.createDatabase("killed15"));
        database.execute(
                "CREATE TABLE rows (id int PRIMARY KEY, n int)",
                "INSERT INTO rows SELECT id, 0 FROM generate_series(1, 1000) AS id");
        try (RunningCapture capture =
                        RunningCapture.start(database.capture("rows")).awaitStarted();
                Writer writer = new Writer(database)) {
            writer.awaitWrites(20);
            postgres.kill();
            postgres.restart();
            writer.awaitWrites(20);
            writer.stop();
            capture.awaitStreaming();
            database.awaitCaptured();
            capture.stop();
        }

        assertThat(database.topic("rows").rows()).isEqualTo(database.rows("rows"));
        assertThat(database.topic("rows").rowsBySequence()).isEqualTo(database.rows("rows"));
    }
}
