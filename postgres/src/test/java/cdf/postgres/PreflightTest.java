package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** Everything that is in the way of a capture is told at once, and what is told to mend it does. */
class PreflightTest {
    private static final String PASSWORD = "geheim";

    private final TestDatabase database = TestServer.database();
    private final String role = "role_" + database.prefix();

    @BeforeEach
    void createTables() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, name text)",
                "CREATE ROLE " + role + " LOGIN REPLICATION PASSWORD '" + PASSWORD + "'",
                "ALTER TABLE users OWNER TO " + role,
                "GRANT CREATE ON DATABASE " + database.prefix() + " TO " + role);
    }

    @AfterEach
    void dropRole() {
        database.execute("DROP OWNED BY " + role + " CASCADE", "DROP ROLE " + role);
    }

    @Test
    void nothingIsInTheWayOfAnOrdinaryRole() {
        assertThat(look("users")).isEmpty();
        RunningCapture.once(settings("users"));
    }

    @Test
    void roleThatMayNotReplicateIsMended() {
        database.execute("ALTER ROLE " + role + " NOREPLICATION");

        assertMended(List.of("the user " + role + " may not replicate"), "users");
    }

    @Test
    void missingRightsAreMended() {
        database.execute(
                "CREATE SCHEMA shop",
                "CREATE TABLE shop.orders (id int PRIMARY KEY)",
                "REVOKE CREATE ON DATABASE " + database.prefix() + " FROM " + role);

        assertMended(
                List.of(
                        "the user " + role + " may not use the schema shop",
                        "the user " + role + " may not read shop.orders",
                        "the user " + role + " does not own orders, as CREATE PUBLICATION wants"),
                "users",
                "shop.orders");
    }

    @Test
    void publicationThatMayNotBeCreatedIsMended() {
        database.execute("REVOKE CREATE ON DATABASE " + database.prefix() + " FROM " + role);

        assertMended(List.of("the user " + role + " may not create the publication"), "users");
    }

    @Test
    void tableWithoutAKeyIsMendedWithTheUniqueColumnsThatItHas() {
        database.execute(
                "CREATE TABLE keyed (a int NOT NULL, b int NOT NULL, c int, UNIQUE (b, a) INCLUDE (c), UNIQUE (c))",
                "CREATE UNIQUE INDEX ON keyed (a, lower(b::text))",
                "CREATE TABLE keyless (a int, id int)",
                "CREATE UNIQUE INDEX ON keyless (a, (id + 1))",
                "INSERT INTO keyed VALUES (1, 1, NULL)",
                "INSERT INTO keyless VALUES (1, 1), (1, 2)",
                "ALTER TABLE keyed OWNER TO " + role,
                "ALTER TABLE keyless OWNER TO " + role);

        List<Preflight.Problem> problems =
                assertMended(List.of("keyed has no primary key", "keyless has no primary key"), "keyed", "keyless");

        assertThat(problems.get(0).mend()).isEqualTo("ALTER TABLE public.keyed ADD PRIMARY KEY (b, a);");
    }

    @Test
    void replicaIdentityThatDoesNotTellTheRowIsMended() {
        database.execute(
                "CREATE TABLE orders (id int PRIMARY KEY, n int NOT NULL UNIQUE)",
                "ALTER TABLE orders OWNER TO " + role,
                "ALTER TABLE orders REPLICA IDENTITY USING INDEX orders_n_key",
                "ALTER TABLE users REPLICA IDENTITY NOTHING");

        assertMended(
                List.of("the replica identity of public.users is NOTHING", "public.orders is another index"),
                "users",
                "orders");
    }

    @Test
    void largeValuesThatUpdatesDoNotTellAreMended() {
        database.execute(
                "CREATE DOMAIN floats AS float8[]",
                "CREATE TABLE large (id int PRIMARY KEY, a float8[], b numeric[], c timestamp[], d varbit, e floats,"
                        + " f text[], g int[], h float8[], i numeric, j jsonb, k bit(4))",
                "ALTER TABLE large ALTER h SET STORAGE PLAIN",
                "CREATE TABLE parts (id int PRIMARY KEY, a float8[]) PARTITION BY RANGE (id)",
                "CREATE TABLE part1 PARTITION OF parts FOR VALUES FROM (0) TO (10)",
                "CREATE TABLE \"Part 2\" PARTITION OF parts FOR VALUES FROM (10) TO (20)",
                "ALTER TABLE large OWNER TO " + role,
                "ALTER TABLE parts OWNER TO " + role);

        assertMended(
                List.of("a large value of a, b, c, d, e as it was", "an update of public.parts"), "large", "parts");
    }

    @Test
    void tableThatIsNotLoggedIsMended() {
        database.execute("CREATE UNLOGGED TABLE fast (id int PRIMARY KEY)", "ALTER TABLE fast OWNER TO " + role);

        assertMended(List.of("public.fast is not logged"), "fast");
    }

    @Test
    void missingTableIsToldWithTheNearestName() {
        database.execute("CREATE VIEW seen AS SELECT * FROM users");

        List<Preflight.Problem> problems = look("usres", "User", "seen", "xyzzy");

        assertThat(problems)
                .extracting(Preflight.Problem::what)
                .anySatisfy(what -> assertThat(what).contains("no table public.usres"))
                .anySatisfy(what -> assertThat(what).contains("public.seen is no table"));
        assertThat(problems)
                .extracting(Preflight.Problem::mend)
                .contains("did you mean public.users?", "there are public.users");
    }

    @Test
    void publicationThatLeavesSomethingOutIsMended() {
        String name = CaptureSettings.defaultName(database.prefix());
        database.execute(
                "CREATE PUBLICATION " + name + " FOR TABLE users WITH (publish = 'insert')",
                "ALTER PUBLICATION " + name + " OWNER TO " + role);

        assertMended(List.of("leaves out some kinds of changes"), "users");
    }

    @Test
    void publicationOfSomebodyElseIsMended() {
        String name = CaptureSettings.defaultName(database.prefix());
        database.execute("CREATE TABLE orders (id int PRIMARY KEY)", "CREATE PUBLICATION " + name + " FOR TABLE users");

        assertMended(
                List.of(
                        "the user " + role + " may not read public.orders",
                        "does not own the publication " + name + ", orders, as ALTER PUBLICATION wants"),
                "users",
                "orders");
    }

    @Test
    void slotOfSomebodyElseIsLeftAlone() {
        String slot = CaptureSettings.defaultName(database.prefix());
        database.execute("SELECT pg_create_physical_replication_slot('" + slot + "')");

        assertThat(look("users"))
                .extracting(Preflight.Problem::what)
                .singleElement()
                .asString()
                .contains(slot, "somebody else's", "physical");

        database.execute("SELECT pg_drop_replication_slot('" + slot + "')");
    }

    @Test
    void slotThatNobodyKnowsOfIsMended() {
        String slot = CaptureSettings.defaultName(database.prefix());
        database.execute("SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");

        assertMended(List.of("knows nothing of it"), "users");
    }

    @Test
    void slotInUseIsMended() {
        try (RunningCapture capture = RunningCapture.start(settings("users")).awaitStreaming()) {
            Await.until(() -> database.slot().active());
            CdfException second =
                    catchThrowableOfType(CdfException.class, () -> RunningCapture.once(settings("users")));

            assertThat(second.problem()).contains("is in use by another process", "SELECT pg_terminate_backend(");
            assertThat(capture.stop().captured()).isZero();
        }
    }

    @Test
    void slotThatIsGoneOrMadeAgainIsTold() {
        String slot = CaptureSettings.defaultName(database.prefix());
        RunningCapture.once(settings("users"));
        database.execute("SELECT pg_drop_replication_slot('" + slot + "')", "INSERT INTO users VALUES (1, 'lost')");

        CdfException gone = catchThrowableOfType(CdfException.class, () -> RunningCapture.once(settings("users")));
        database.execute("SELECT pg_create_logical_replication_slot('" + slot + "', 'pgoutput')");
        CdfException again = catchThrowableOfType(CdfException.class, () -> RunningCapture.once(settings("users")));

        assertThat(gone.problem()).contains("slot " + slot + " is gone", "--drop-slot");
        assertThat(again.problem()).contains("made again or moved, and changes are lost", "--drop-slot");
        assertThat(database.topic("users").events()).isEmpty();
        database.execute("SELECT pg_drop_replication_slot('" + slot + "')");
    }

    @Test
    void slotThatIsFarBehindIsToldWithTheLogThatItHoldsAndIsNotInTheWay() {
        RunningCapture.once(settings("users"));
        for (int segment = 0; segment < 6; segment++) {
            database.execute("SELECT pg_logical_emit_message(false, 'other', 'x')", "SELECT pg_switch_wal()");
        }

        RunningCapture behind = RunningCapture.once(settings("users"));

        assertThat(behind.noticesBeforeTheStart())
                .singleElement()
                .asString()
                .matches("the replication slot " + CaptureSettings.defaultName(database.prefix())
                        + " is behind: the server holds [0-9]+ MB of its log for it");
    }

    @Test
    void publicationThatIsGoneIsTold() {
        RunningCapture.once(settings("users"));
        database.execute("DROP PUBLICATION " + CaptureSettings.defaultName(database.prefix()));

        CdfException gone = catchThrowableOfType(CdfException.class, () -> RunningCapture.once(settings("users")));

        assertThat(gone.problem()).contains("publication", "is gone");
    }

    @Test
    void tableThatLeftThePublicationIsTold() {
        database.execute("CREATE TABLE orders (id int PRIMARY KEY)", "ALTER TABLE orders OWNER TO " + role);
        RunningCapture.once(settings("users", "orders"));
        database.execute(
                "ALTER PUBLICATION " + CaptureSettings.defaultName(database.prefix()) + " DROP TABLE users",
                "INSERT INTO users VALUES (1, 'lost')",
                "DROP TABLE orders",
                "CREATE TABLE orders (id int PRIMARY KEY)",
                "ALTER TABLE orders OWNER TO " + role);

        CdfException left =
                catchThrowableOfType(CdfException.class, () -> RunningCapture.once(settings("users", "orders")));

        assertThat(left.problem())
                .startsWith("2 things are in the way:")
                .contains(
                        "public.orders is no longer in the publication",
                        "public.users is no longer in the publication",
                        "--drop-slot");
    }

    @Test
    void everythingIsToldAtOnceAndNothingIsChanged() {
        database.execute("ALTER ROLE " + role + " NOREPLICATION", "ALTER TABLE users REPLICA IDENTITY NOTHING");

        CdfException all =
                catchThrowableOfType(CdfException.class, () -> RunningCapture.once(settings("users", "usres")));

        assertThat(all.exitCode()).isEqualTo(ExitCode.FAILED);
        assertThat(all.problem())
                .startsWith("3 things are in the way:")
                .contains("may not replicate", "is NOTHING", "did you mean public.users?")
                .doesNotContain(PASSWORD);
        assertThat(database.query("SELECT pubname FROM pg_publication")).isEmpty();
        assertThat(database.query("SELECT slot_name FROM pg_replication_slots WHERE database = current_database()"))
                .isEmpty();
    }

    @Test
    void serverWithoutLogicalLogAndFreeSlotsIsMended(@TempDir Path directory) {
        Map<String, String> wrong = Map.of("wal_level", "replica", "max_replication_slots", "1");
        Path programs = TestServer.postgres().programs();
        try (EmbeddedPostgres server = EmbeddedPostgres.start(programs, directory, wrong)) {
            TestDatabase other = new TestDatabase(server.createDatabase("other"));
            other.execute(
                    "CREATE TABLE users (id int PRIMARY KEY)", "SELECT pg_create_physical_replication_slot('taken')");

            List<Preflight.Problem> problems = look(other.capture("users"));
            mend(other, problems);
            server.stop();
            server.restart();

            assertThat(problems)
                    .extracting(Preflight.Problem::what)
                    .satisfiesExactly(
                            level -> assertThat(level).startsWith("wal_level is replica"),
                            slots -> assertThat(slots).startsWith("all 1 replication slots are taken"));
            assertThat(problems.get(1).mend()).contains("pg_drop_replication_slot('taken')");
            assertThat(look(other.capture("users"))).isEmpty();
        }
    }

    private CaptureSettings settings(String... tables) {
        CaptureSettings all = database.capture(tables);
        DatabaseAddress address = new DatabaseAddress(
                        all.database().host(), all.database().port(), database.prefix(), role, Map.of(), null)
                .withPassword(PASSWORD);
        return new CaptureSettings(address, all.tables(), all.topicPrefix());
    }

    private List<Preflight.Problem> look(String... tables) {
        return look(settings(tables));
    }

    private static List<Preflight.Problem> look(CaptureSettings settings) {
        try (Connection connection = settings.database().connect()) {
            return Preflight.look(connection, settings, Optional.empty()).problems();
        } catch (SQLException failure) {
            throw new AssertionError(failure);
        }
    }

    /** The problems are these, in whatever order, and when their SQL was run, there is none. */
    private List<Preflight.Problem> assertMended(List<String> expected, String... tables) {
        List<Preflight.Problem> problems = look(tables);
        List<String> told =
                new ArrayList<>(problems.stream().map(Preflight.Problem::what).toList());
        for (String what : expected) {
            assertThat(told.removeIf(line -> line.contains(what)))
                    .as(what + " in " + problems)
                    .isTrue();
        }
        assertThat(told).isEmpty();

        mend(database, problems);

        assertThat(look(tables)).isEmpty();
        return problems;
    }

    private static void mend(TestDatabase database, List<Preflight.Problem> problems) {
        problems.forEach(problem -> database.execute(problem.mend().replaceFirst("  --.*", "")));
    }
}
