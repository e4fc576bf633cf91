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
import cdf.postgres.ReplicationSlot;
import cdf.postgres.TransferWorkload;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;

import static java.util.stream.Collectors.joining;
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

    /** With three processors the common pool has two threads: fewer than what waits for something in a demo. */
    @Test
    void ctrlCOnATerminalEndsTheDemoWithItsSummaryHoweverFewProcessorsThereAre() throws Exception {
        Path output = directory.resolve("interrupted-demo");
        List<String> command = Run.command("demo", "--source=postgres", "--no-dashboard", "-o", "json");
        command.add(0, "setsid"); // leads a process group, as what a shell starts does
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
        builder.environment().put("JDK_JAVA_OPTIONS", "-XX:ActiveProcessorCount=3");
        Process demo = builder.start();
        try {
            long deadline = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
            while (demo.isAlive()
                    && System.nanoTime() - deadline < 0
                    && !Files.readString(output).contains("\"op\":\"u\"")) {
                LockSupport.parkNanos(10_000_000);
            }
            new ProcessBuilder("kill", "-INT", "--", "-" + demo.pid()).start().waitFor();

            assertThat(demo.waitFor(2, TimeUnit.MINUTES)).isTrue();
            List<String> lines = Files.readAllLines(output);
            assertThat(demo.exitValue()).as(lines.toString()).isEqualTo(130);
            assertThat(lines).anyMatch(line -> line.contains("\"op\":\"u\""));
            assertThat(lines.get(lines.size() - 1)).contains("\"verified\":true");
        } finally {
            demo.descendants().forEach(ProcessHandle::destroyForcibly);
            demo.destroyForcibly();
        }
    }

    @Test
    void whileDatabaseAndTableMoveTheyAreComparedAtOneMoment() throws Exception {
        DatabaseAddress database = bank("moving");
        TransferWorkload workload = new TransferWorkload(database, 7);
        try (Background<CaptureSummary> capture = capture(database, "moving")) {
            CompletableFuture<Void> working = CompletableFuture.runAsync(() -> workload.run(0, 400.0));
            while (workload.transactions() < 1_000 && !working.isDone()) {
                LockSupport.parkNanos(1_000_000);
            }
            apply("moving", 101);

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
    void theTableFollowsTheDatabaseWhateverHappensToIt() throws SQLException {
        DatabaseAddress database = postgres.createDatabase("things");
        execute(
                database,
                "CREATE TYPE mood AS ENUM ('sad', 'glad')",
                "CREATE TABLE accounts (\"group\" text, id int, name text, note text, small int, u uuid, n numeric(12,3),"
                        + " nn numeric, d date, ts timestamp, tz timestamptz, b bytea, j jsonb, a int[], ta text[], e mood,"
                        + " i inet, f double precision, ok boolean, t time, PRIMARY KEY (\"group\", id))",
                "ALTER TABLE accounts ALTER COLUMN note SET STORAGE EXTERNAL",
                "INSERT INTO accounts SELECT 'group ' || k % 3, k, 'name ' || k, repeat(md5(k::text), 100), k,"
                        + " gen_random_uuid(), k / 7.0, k / 8.0, date '2024-02-29' + k, timestamp '1969-12-31 23:59:59.5'"
                        + " + k * interval '1 hour', timestamptz '2024-03-31 01:59:59.999999+00' + k * interval '1 s',"
                        + " decode(md5(k::text), 'hex'), jsonb_build_object('k', k, 'list', '[1, 2.50]'::jsonb), ARRAY[k, NULL],"
                        + " ARRAY['a\"b', 'ü', NULL], 'glad', '10.0.0.1', k / 3.0, k % 2 = 0, time '12:34:56.789'"
                        + " FROM generate_series(1, 60) AS k",
                "UPDATE accounts SET ts = 'infinity' WHERE id = 20",
                "UPDATE accounts SET ts = '-infinity' WHERE id = 21");
        addColumnsOfOtherTypes(database);
        try (Background<CaptureSummary> capture = capture(database, "things")) {
            applyAndVerify("things", database, 60);

            execute(
                    database,
                    "UPDATE accounts SET name = 'new, the note as it was' WHERE id % 2 = 0",
                    "UPDATE accounts SET id = id + 1000 WHERE id <= 5",
                    "BEGIN; UPDATE accounts SET small = 1; UPDATE accounts SET small = 2; ROLLBACK",
                    "ALTER TABLE accounts ADD COLUMN extra date",
                    "INSERT INTO accounts (\"group\", id, extra) VALUES ('new', 1, '2026-11-24')",
                    "ALTER TABLE accounts ALTER COLUMN small TYPE bigint",
                    "UPDATE accounts SET small = 5000000000 WHERE id = 10",
                    "ALTER TABLE accounts ALTER COLUMN n TYPE numeric(15,5)",
                    "UPDATE accounts SET n = 1.00001, small = NULL WHERE id = 13",
                    "ALTER TABLE accounts ALTER COLUMN t TYPE time(3), ALTER COLUMN t3 TYPE time(6)",
                    "UPDATE accounts SET t = '01:02:03.004', t3 = '01:02:03.000004' WHERE id = 14",
                    "ALTER TABLE accounts DROP COLUMN f",
                    "UPDATE accounts SET n = 999999999.999, nn = -0.000001, tz = NULL, a = '{}' WHERE id = 11",
                    "DELETE FROM accounts WHERE id = 12");
            Run widening = verified("things", database);
            applyAndVerify("things", database, 60);

            execute(
                    database,
                    "TRUNCATE accounts",
                    "INSERT INTO accounts (\"group\", id) SELECT 'after', k FROM generate_series(1, 7) AS k");
            applyAndVerify("things", database, 7);
            assertThat(capture.isDone()).isFalse();
            assertThat(widening.lastLine())
                    .containsPattern("\"database\":\\{\"rows\":60,\"events\":[1-9]")
                    .contains(
                            "\"notCompared\":[\"f\",\"vb\",\"p\",\"hs\",\"c\",\"ad\",\"ats\",\"atz\",\"an\",\"ar\",\"af\",\"ab\","
                                    + "\"aj\",\"ivs\",\"mos\",\"xs\",\"vbs\",\"extra\"]");
        }
    }

    /** Columns of types that events have in another form than SQL, or not at all. */
    private static void addColumnsOfOtherTypes(DatabaseAddress database) throws SQLException {
        execute(
                database,
                "CREATE EXTENSION hstore",
                "CREATE TYPE pair AS (x int, y text)",
                "CREATE DOMAIN price AS numeric(50,3)",
                "ALTER TABLE accounts ADD t0 time(0), ADD t3 time(3), ADD tt timetz, ADD iv interval, ADD n40 numeric(40,3),"
                        + " ADD pr price, ADD mo money, ADD r real, ADD b1 bit, ADD bits bit(12), ADD vb varbit(9), ADD p point,"
                        + " ADD hs hstore, ADD c pair, ADD ad date[], ADD ats timestamp[], ADD atz timestamptz[], ADD an numeric[],"
                        + " ADD ar real[], ADD af double precision[], ADD ab bytea[], ADD aj json[], ADD ivs interval[],"
                        + " ADD mos money[], ADD xs xml[], ADD vbs varbit[]",
                // Values of these types must not be stored apart, where an update leaves them out.
                Stream.of("vb", "ats", "atz", "an", "ar", "af", "ivs", "mos", "xs", "vbs")
                        .map(column -> "ALTER " + column + " SET STORAGE PLAIN")
                        .collect(joining(", ", "ALTER TABLE accounts ", "")),
                "UPDATE accounts SET t0 = '12:34:56', t3 = '12:34:56.7', tt = '01:02:03.450+05:30', n40 = id / 4.0, pr = 1.5,"
                        + " iv = interval '-2 years 7 months 3 days 04:05:06.789012' * id, mo = 12.3::money, r = 8589934592, b1 = B'1',"
                        + " bits = B'100000000011', vb = B'101', p = point(1, 2.5), hs = 'a=>1', c = '(1,a)',"
                        + " ad = ARRAY[date '2024-02-29'], ats = ARRAY[timestamp '2024-02-29 01:02'],"
                        + " atz = ARRAY[timestamptz '2024-02-29 01:02+00'], an = ARRAY[1.50], ar = ARRAY[1e20], af = ARRAY[1e20],"
                        + " ab = ARRAY[bytea 'a'], aj = ARRAY[json '{\"a\": 1}'], ivs = ARRAY[interval '1 day'],"
                        + " mos = ARRAY[1::money], xs = ARRAY[xml '<a/>'], vbs = ARRAY[varbit '101'] WHERE id > 1");
    }

    private static void applyAndVerify(String prefix, DatabaseAddress database, int rows) {
        ReplicationSlot.awaitCaptured(database, CaptureSettings.defaultName(prefix), waiting -> {});
        apply(prefix);
        assertThat(verified(prefix, database).lastLine()).contains("\"database\":{\"rows\":" + rows + ",\"events\":0,");
    }

    private static Run verified(String prefix, DatabaseAddress database) {
        Run verified = verify(prefix, database, "--feed", "-o", "json");
        assertThat(verified.exitCode())
                .as(verified.out().replaceAll("\"note\":\"[^\"]*\"", "") + verified.err())
                .isZero();
        assertThat(verified.lastLine()).contains("\"verified\":true");
        return verified;
    }

    @Test
    void eachOfSeveralTablesIsComparedWithItsOwn() throws SQLException {
        DatabaseAddress database = bank("several");
        String server = "--bootstrap-server=" + broker.bootstrapServer();
        String tables = "--tables=" + directory.resolve("tables-of-several");
        try (Background<CaptureSummary> capture = capture(database, "several")) {
            Run applied = Run.of("apply", "--once", server, tables, "--topic-prefix=several");
            assertThat(applied.exitCode()).as(applied.err()).isZero();
            String[] verify = {
                "verify", server, tables, "--topic-prefix=several", "--database=" + database, "-o", "json"
            };
            Map<String, String> password =
                    Map.of("PGPASSWORD", database.password().orElseThrow());

            Run right = Run.in(password, verify);
            execute(
                    database,
                    "ALTER PUBLICATION cdf_several DROP TABLE accounts",
                    "DELETE FROM accounts WHERE id = 18",
                    "ALTER PUBLICATION cdf_several ADD TABLE accounts");
            Run wrong = Run.in(password, verify);

            assertThat(capture.isDone()).isFalse();
            assertThat(right.exitCode()).as(right.out() + right.err()).isZero();
            assertThat(right.lastLine()).contains("\"database\":{\"rows\":100,");
            assertThat(wrong.exitCode()).as(wrong.out() + wrong.err()).isEqualTo(3);
        }
    }

    @Test
    void whoseTableItIsMustBeClear() {
        assertThat(Run.of("verify", "--table=x", "--topic=users", "--database=postgresql://me@localhost/shop")
                        .err())
                .contains("--topic: 'users' is none of cdf capture, which are PREFIX.SCHEMA.TABLE");
        assertThat(Run.of(
                                "verify",
                                "--tables=x",
                                "--topic=shop.public.users,users",
                                "--database=postgresql://me@localhost/shop")
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
        apply(prefix, 301);
    }

    /** @param batchEvents small, for many versions; odd, for some that do not end a transaction */
    private static void apply(String prefix, int batchEvents) {
        Run applied = Run.of(
                "apply",
                "--once",
                "--max-batch-events=" + batchEvents,
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
