package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;
import cdf.postgres.Capture;
import cdf.postgres.CaptureListener;
import cdf.postgres.CaptureSettings;
import cdf.postgres.CaptureSummary;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.EmbeddedPostgres;
import cdf.postgres.TransferWorkload;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import static org.assertj.core.api.Assertions.assertThat;

/** A real database as the source, as a user runs it. */
class PostgresTest {
    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;
    private static EmbeddedPostgres postgres;

    @BeforeAll
    static void start() {
        broker = EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
        postgres = EmbeddedPostgres.start(directory.resolve("postgres"));
    }

    @AfterAll
    static void close() {
        postgres.close();
        broker.close();
    }

    @Test
    void theDemosTableIsWhatItsDatabaseHas() {
        Run demo = Run.of(
                "demo",
                "--source=postgres",
                "--events=6000",
                "--events-per-second=1000",
                "--no-dashboard",
                "-o",
                "json");

        assertThat(demo.exitCode()).as(demo.err()).isZero();
        assertThat(demo.lastLine())
                .contains("\"generated\":6000,\"transactions\":3000,")
                .contains("\"deadLettered\":0,")
                .contains("\"verified\":true,\"differences\":0,\"database\":{\"rows\":")
                .containsPattern("\"versionsWithSum\":[1-9]");
    }

    @Test
    void whileDatabaseAndTableMoveTheyAreComparedAtOneMoment() throws Exception {
        DatabaseAddress database = bank("moving");
        TransferWorkload workload = new TransferWorkload(database, 7);
        try (Background<CaptureSummary> capture = capture(database, "moving")) {
            CompletableFuture<Void> working = CompletableFuture.runAsync(() -> workload.run(0, 400.0));
            apply("moving");

            Run verified = verify("moving", database, "--feed", "--conserved-sum=balance", "-o", "json");
            Run otherSum = verify("moving", database, "--feed", "--conserved-sum=id");

            workload.stop();
            working.join();
            assertThat(capture.isDone()).isFalse();
            assertThat(verified.exitCode()).as(verified.out() + verified.err()).isZero();
            assertThat(verified.lastLine())
                    .contains("\"verified\":true")
                    .containsPattern("\"database\":\\{\"rows\":[0-9]+,\"events\":[1-9]");
            assertThat(otherSum.exitCode()).as(otherSum.out()).isEqualTo(3);
            assertThat(otherSum.out()).contains("the sum is not");
        }
    }

    @Test
    void aChangeThatNobodyCapturedIsNamed() throws SQLException {
        DatabaseAddress database = bank("lost");
        try (Background<CaptureSummary> capture = capture(database, "lost")) {
            apply("lost");
            Run right = verify("lost", database);
            execute(
                    database,
                    "ALTER PUBLICATION cdf_lost DROP TABLE accounts",
                    "UPDATE accounts SET balance = 1 WHERE id = 17",
                    "DELETE FROM accounts WHERE id = 18",
                    "ALTER PUBLICATION cdf_lost ADD TABLE accounts");

            Run wrong = verify("lost", database);

            assertThat(capture.isDone()).isFalse();
            assertThat(right.exitCode()).as(right.out() + right.err()).isZero();
            assertThat(right.lines().get(0))
                    .startsWith("verified: the table is what the topic adds up to and what the database has; 100 rows");
            assertThat(wrong.exitCode()).as(wrong.out() + wrong.err()).isEqualTo(3);
            assertThat(wrong.out())
                    .contains("2 rows not as in the database: 1 extra 1 different")
                    .contains("different {\"id\":17}")
                    .contains("extra {\"id\":18}");
        }
    }

    @Test
    void whoseTableItIsMustBeClear() {
        assertThat(Run.of("verify", "--table=x", "--topic=users", "--database=postgresql://me@localhost/shop")
                        .err())
                .contains("--topic: 'users' is none of cdf capture, which are PREFIX.SCHEMA.TABLE");
        assertThat(Run.of("verify", "--table=x", "--slot=x").err()).contains("--slot: only with --database");
        assertThat(Run.of("verify", "--table=x", "--conserved-sum=x").err()).contains("--conserved-sum: needs --feed");
    }

    private static DatabaseAddress bank(String name) {
        DatabaseAddress database = postgres.createDatabase(name);
        new TransferWorkload(database, 1).create(100);
        return database;
    }

    /** A capture that runs, and has read the rows that were there. */
    private static Background<CaptureSummary> capture(DatabaseAddress database, String prefix) {
        CompletableFuture<Void> streaming = new CompletableFuture<>();
        Capture capture = new Capture(
                new KafkaConnection(broker.bootstrapServer()),
                new CaptureSettings(database, List.of(TransferWorkload.ACCOUNTS), prefix),
                new CaptureListener() {
                    @Override
                    public void streaming() {
                        streaming.complete(null);
                    }
                });
        Background<CaptureSummary> running = Background.start(capture::run, capture::stop);
        running.onFailure(() -> streaming.complete(null));
        streaming.join();
        return running;
    }

    private static void apply(String prefix) {
        Run applied = Run.of(
                "apply",
                "--once",
                "--max-batch-events=301",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + prefix + ".public.accounts",
                "--table=" + directory.resolve(prefix),
                "--sequence-by=source.lsn");
        assertThat(applied.exitCode()).as(applied.err()).isZero();
    }

    private static Run verify(String prefix, DatabaseAddress database, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "verify",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + prefix + ".public.accounts",
                "--table=" + directory.resolve(prefix),
                "--database=" + database));
        arguments.addAll(List.of(more));
        return Run.in(Map.of("PGPASSWORD", database.password().orElseThrow()), arguments.toArray(new String[0]));
    }

    private static void execute(DatabaseAddress database, String... statements) throws SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }
}
