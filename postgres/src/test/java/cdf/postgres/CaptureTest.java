package cdf.postgres;

import cdf.kafka.Topics;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class CaptureTest {
    private final TestDatabase database = TestServer.database();

    @Test
    void rowsThatAreThereComeFirstAndThenTheChanges() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, name text)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Grace')");

        try (RunningCapture capture =
                RunningCapture.start(database.capture("users")).awaitStreaming()) {
            database.execute(
                    "INSERT INTO users VALUES (3, 'Edith')",
                    "UPDATE users SET name = NULL WHERE id = 1",
                    "DELETE FROM users WHERE id = 2");
            database.awaitCaptured();
            CaptureSummary summary = capture.stop();

            assertThat(database.topic("users").operations()).containsExactly("r", "r", "c", "u", "d", "tombstone");
            assertThat(database.topic("users").rows())
                    .isEqualTo(database.rows("users"))
                    .hasSize(2);
            assertThat(summary.captured()).isEqualTo(5);
            assertThat(summary.snapshotRows()).isEqualTo(2);
            assertThat(summary.topics()).containsExactly(database.prefix() + ".public.users");
            assertThat(summary.slot()).isEqualTo("cdf_" + database.prefix());
            assertThat(summary.lsn()).isGreaterThanOrEqualTo(database.slot().confirmed());
        }
    }

    @Test
    void nextRunGoesOnWithoutReadingTheTablesAgain() {
        database.execute("CREATE TABLE users (id int PRIMARY KEY, name text)", "INSERT INTO users VALUES (1, 'Ada')");
        RunningCapture.once(database.capture("users"));
        database.execute("INSERT INTO users VALUES (2, 'Grace')");

        RunningCapture second = RunningCapture.once(database.capture("users"));

        assertThat(second.read()).isEmpty();
        assertThat(second.summary().snapshotRows()).isZero();
        assertThat(database.topic("users").operations()).containsExactly("r", "c");
    }

    @Test
    void emptyTableIsReadOnce() {
        database.execute("CREATE TABLE users (id int PRIMARY KEY, name text)");
        RunningCapture.once(database.capture("users"));
        database.execute("INSERT INTO users VALUES (1, 'Ada')");

        RunningCapture second = RunningCapture.once(database.capture("users"));

        assertThat(second.read()).isEmpty();
        assertThat(database.topic("users").operations()).containsExactly("c");
    }

    @Test
    void changedKeyIsADeleteAndACreate() {
        database.execute(
                "CREATE TABLE stock (region text, id bigint, n int, PRIMARY KEY (region, id))",
                "INSERT INTO stock VALUES ('north', 1, 10)");
        RunningCapture.once(database.capture("stock"));
        database.execute("UPDATE stock SET region = 'south' WHERE id = 1");

        RunningCapture.once(database.capture("stock"));

        CapturedTopic topic = database.topic("stock");
        assertThat(topic.operations()).containsExactly("r", "d", "tombstone", "c");
        assertThat(topic.events().get(1).key()).isEqualTo(CapturedTopic.json("{\"region\":\"north\",\"id\":1}"));
        assertThat(topic.events().get(3).key()).isEqualTo(CapturedTopic.json("{\"region\":\"south\",\"id\":1}"));
        assertThat(topic.rows()).isEqualTo(database.rows("stock"));
    }

    @Test
    void truncationIsAnEvent() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, name text)", "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bo')");
        RunningCapture.once(database.capture("users"));
        database.execute("TRUNCATE users", "INSERT INTO users VALUES (2, 'Grace')");

        RunningCapture.once(database.capture("users"));

        assertThat(database.topic("users").operations()).containsExactly("r", "r", "t", "c");
        assertThat(database.topic("users").rows()).isEqualTo(database.rows("users"));
    }

    @Test
    void tableThatIsAddedLaterIsReadWholeAndNoOther() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, name text)",
                "CREATE TABLE orders (id int PRIMARY KEY, n int)",
                "INSERT INTO users VALUES (1, 'Ada')",
                "INSERT INTO orders VALUES (1, 10)");
        RunningCapture.once(database.capture("users"));
        database.execute("INSERT INTO users VALUES (2, 'Bo')", "INSERT INTO orders VALUES (2, 20)");

        RunningCapture second = RunningCapture.once(database.capture("users", "orders"));
        database.execute("UPDATE orders SET n = 11 WHERE id = 1");
        RunningCapture third = RunningCapture.once(database.capture("users", "orders"));

        assertThat(second.read()).containsExactly(new TableName("public", "orders"));
        assertThat(third.read()).isEmpty();
        assertThat(database.topic("orders").operations()).containsExactly("r", "r", "u");
        assertThat(database.topic("orders").rows()).isEqualTo(database.rows("orders"));
        assertThat(database.topic("users").operations()).containsExactly("r", "c");
        assertThat(database.topic("users").rows()).isEqualTo(database.rows("users"));
    }

    @Test
    void namesThatSqlAndTopicsQuoteAreCaptured() {
        database.execute(
                "CREATE SCHEMA \"Größe\"",
                "CREATE TABLE \"Größe\".\"Order.Items\" (\"Id\" int PRIMARY KEY, \"select\" text)",
                "INSERT INTO \"Größe\".\"Order.Items\" VALUES (1, 'Ada')");

        RunningCapture.once(database.capture("Größe.\"Order.Items\""));

        CapturedTopic topic = CapturedTopic.read(TestServer.kafka(), database.prefix() + ".Gr__e.Order.Items");
        assertThat(topic.rows()).containsExactly("{\"Id\":1,\"select\":\"Ada\"}");
    }

    @Test
    void transactionThatRanWhileTheSlotWasMadeIsNeitherLostNorOutOfOrder() throws SQLException {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY, name text)",
                "INSERT INTO users VALUES (1, 'Ada'), (2, 'Bo'), (3, 'Cy')");
        try (Transaction first = new Transaction("UPDATE users SET name = 'first' WHERE id = 1");
                RunningCapture capture = RunningCapture.start(database.capture("users"))) {
            // The slot waits for the first; then, as it had begun before that ended, for the second; but not for the
            // third.
            capture.awaitNotice("waits until the transactions end");
            try (Transaction second = new Transaction("UPDATE users SET name = 'second' WHERE id = 2")) {
                first.commit();
                awaitSlotWaitsFor(second);
                try (Transaction third = new Transaction("UPDATE users SET name = 'third' WHERE id = 3")) {
                    second.commit();
                    capture.awaitStreaming();
                    third.commit();
                }
            }
            database.awaitCaptured();

            CapturedTopic topic = database.topic("users");
            assertThat(topic.operations()).containsExactly("r", "r", "r", "u");
            assertThat(topic.rows()).isEqualTo(database.rows("users"));
            assertThat(topic.rowsBySequence()).isEqualTo(database.rows("users"));
        }
    }

    private void awaitSlotWaitsFor(Transaction transaction) {
        Await.until(
                () -> database.query("SELECT count(*) FROM pg_locks WHERE locktype = 'transactionid' AND NOT granted"
                                + " AND transactionid = '" + transaction.id + "'")
                        .equals(List.of("1")));
    }

    /** A transaction that has written and is open. */
    private final class Transaction implements AutoCloseable {
        private final Connection connection = database.address().connect();
        private final String id;

        private Transaction(String write) throws SQLException {
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute(write);
                try (var row = statement.executeQuery("SELECT pg_current_xact_id()")) {
                    row.next();
                    id = row.getString(1);
                }
            }
        }

        private void commit() throws SQLException {
            connection.commit();
        }

        @Override
        public void close() throws SQLException {
            connection.close();
        }
    }

    @Test
    void slotMovesOnWhenOnlyOtherTablesChange() {
        database.execute("CREATE TABLE users (id int PRIMARY KEY)", "CREATE TABLE others (id int, filler text)");
        try (RunningCapture capture =
                RunningCapture.start(database.capture("users")).awaitStreaming()) {
            database.execute("INSERT INTO others SELECT n, repeat('x', 1000) FROM generate_series(1, 5000) AS n");
            Lsn written =
                    Lsn.parse(database.query("SELECT pg_current_wal_lsn()").get(0));

            Await.until(() -> database.slot().confirmed().compareTo(written) >= 0);

            assertThat(capture.stop().captured()).isZero();
        }
    }

    @Test
    void droppingLeavesNothingBehindButTheEvents() {
        database.execute("CREATE TABLE users (id int PRIMARY KEY)", "INSERT INTO users VALUES (1)");
        RunningCapture.once(database.capture("users"));
        String name = "cdf_" + database.prefix();

        List<String> dropped = Capture.drop(TestServer.kafka(), database.address(), database.prefix(), name, name);

        assertThat(dropped)
                .containsExactly("slot " + name, "publication " + name, "topic " + database.prefix() + ".offsets");
        assertThat(database.query("SELECT slot_name FROM pg_replication_slots")).doesNotContain(name);
        assertThat(database.query("SELECT pubname FROM pg_publication")).isEmpty();
        assertThat(database.topic("users").operations()).containsExactly("r");
        assertThat(Capture.drop(TestServer.kafka(), database.address(), database.prefix(), name, name))
                .isEmpty();
        assertThatThrownBy(() -> RunningCapture.once(database.capture("users")))
                .hasMessageContaining("the topic " + database.prefix() + ".public.users has events already");
        assertThat(database.query("SELECT pubname FROM pg_publication")).isEmpty();
    }

    @Test
    void topicThatIsGoneIsNotMadeAnew() throws Exception {
        database.execute("CREATE TABLE users (id int PRIMARY KEY)", "INSERT INTO users VALUES (1)");
        RunningCapture.once(database.capture("users"));
        String topic = database.prefix() + ".public.users";
        try (Admin admin = Admin.create(
                        Map.of("bootstrap.servers", TestServer.kafka().bootstrapServers()));
                Topics topics = Topics.connect(TestServer.kafka())) {
            admin.deleteTopics(List.of(topic)).all().get();
            Await.until(() -> topics.partitions(topic).isEmpty());
        }

        assertThatThrownBy(() -> RunningCapture.once(database.capture("users")))
                .hasMessageContaining("the topic " + topic + " is gone, and with it what was captured");
    }

    @Test
    void droppingLeavesAloneWhatAnotherSlotOfThePrefixNeeds() {
        database.execute(
                "CREATE TABLE users (id int PRIMARY KEY)",
                "CREATE TABLE orders (id int PRIMARY KEY)",
                "INSERT INTO orders VALUES (1)");
        CaptureSettings users = database.capture("users");
        CaptureSettings orders = new CaptureSettings(
                users.database(),
                database.capture("orders").tables(),
                users.topicPrefix(),
                users.slot() + "_2",
                users.publication(),
                1,
                false);
        RunningCapture.once(users);
        RunningCapture.once(orders);

        assertThat(drop(users))
                .containsExactly(
                        "slot " + users.slot(), "the position of " + users.slot() + " in " + users.offsetsTopic());
        assertThat(drop(users)).isEmpty();
        database.execute("INSERT INTO orders VALUES (2)");
        assertThat(RunningCapture.once(orders).read()).isEmpty();
        assertThat(RunningCapture.once(users).read()).containsExactlyElementsOf(users.tables());

        assertThat(database.topic("orders").operations()).containsExactly("r", "c");
        assertThat(drop(users)).hasSize(2);
        assertThat(drop(orders))
                .containsExactly(
                        "slot " + orders.slot(), "publication " + users.publication(), "topic " + users.offsetsTopic());
    }

    private static List<String> drop(CaptureSettings capture) {
        return Capture.drop(
                TestServer.kafka(), capture.database(), capture.topicPrefix(), capture.slot(), capture.publication());
    }
}
