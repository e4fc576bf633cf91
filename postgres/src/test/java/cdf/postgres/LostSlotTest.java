package cdf.postgres;

import cdf.change.CdfException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** A server that removes the log that a slot needs, once there is more of it than it may keep. */
class LostSlotTest {
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start(@TempDir Path directory) {
        postgres = EmbeddedPostgres.start(
                TestServer.postgres().programs(), directory, Map.of("max_slot_wal_keep_size", "1MB"));
    }

    @AfterAll
    static void close() {
        postgres.close();
    }

    @Test
    void slotThatIsAboutToBeLostIsToldBeforeTheCaptureBeginsAndALostOneEndsIt() {
        TestDatabase database = database("behind");
        RunningCapture.once(database.capture("rows"));
        writeLog(database);

        RunningCapture behind = RunningCapture.once(database.capture("rows"));
        database.execute("INSERT INTO rows VALUES (2)");
        writeLog(database);
        database.execute("CHECKPOINT");
        CdfException lost =
                catchThrowableOfType(CdfException.class, () -> RunningCapture.once(database.capture("rows")));

        assertThat(behind.noticesBeforeTheStart())
                .singleElement()
                .asString()
                .matches(
                        "the replication slot cdf_behind is behind: the server holds [1-9][0-9]+ MB of its log for it, more than"
                                + " max_slot_wal_keep_size, .* ALTER SYSTEM .*");
        assertThat(lost.problem())
                .matches("(?s)the replication slot cdf_behind is lost \\(wal_removed\\), and with it the changes since"
                        + " [0-9A-F]+/[0-9A-F]+, [1-9][0-9]+ MB of the log before its end.*--drop-slot.*");
    }

    @Test
    void slotThatIsLostWhileTheCaptureRunsEndsIt() throws Exception {
        TestDatabase database = database("running");
        try (RunningCapture capture =
                        RunningCapture.start(database.capture("rows")).awaitStreaming();
                Connection writing = database.address().connect();
                Statement statement = writing.createStatement()) {
            // As long as it is open, the slot needs the log from here on.
            writing.setAutoCommit(false);
            statement.execute("INSERT INTO rows VALUES (2)");
            writeLog(database);
            database.execute("CHECKPOINT");

            CdfException lost = catchThrowableOfType(CdfException.class, capture::summary);

            assertThat(lost.problem()).contains("slot cdf_running is lost");
        }
    }

    private static TestDatabase database(String name) {
        TestDatabase database = new TestDatabase(postgres.createDatabase(name));
        database.execute("CREATE TABLE rows (id int PRIMARY KEY)", "INSERT INTO rows VALUES (1)");
        return database;
    }

    /** Several segments of the log, of 16 MB each. */
    private static void writeLog(TestDatabase database) {
        for (int segment = 0; segment < 4; segment++) {
            database.execute("SELECT pg_logical_emit_message(false, 'other', 'x')", "SELECT pg_switch_wal()");
        }
    }
}
