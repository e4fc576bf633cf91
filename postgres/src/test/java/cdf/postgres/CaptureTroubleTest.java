package cdf.postgres;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.kafka.KafkaConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

/** A capture whose database, broker or own process goes away. */
class CaptureTroubleTest {
    private static final int ROUNDS = 4;

    private final TestDatabase database = TestServer.database();

    @Test
    void databaseThatDiesIsWaitedForAndNothingIsLost() {
        createRows(2_000);
        try (RunningCapture capture =
                        RunningCapture.start(database.capture("rows")).awaitStarted();
                Writer writer = new Writer(database)) {
            for (int round = 0; round < ROUNDS; round++) {
                writer.awaitWrites(20);
                TestServer.postgres().kill();
                TestServer.postgres().restart();
            }
            writer.awaitWrites(20);
            writer.stop();
            capture.awaitStreaming();
            database.awaitCaptured();

            assertThat(capture.notices()).contains("PostgreSQL is back");
            assertThat(capture.stop().captured()).isPositive();
        }
        assertThat(database.topic("rows").rows()).isEqualTo(database.rows("rows"));
        assertThat(database.topic("rows").rowsBySequence()).isEqualTo(database.rows("rows"));
    }

    @Test
    void connectionThatTheServerTakesForAliveIsWaitedFor() throws Exception {
        createRows(10);
        try (Relay relay = Relay.to(database.address());
                RunningCapture capture = RunningCapture.start(new CaptureSettings(
                                relay.address(), database.capture("rows").tables(), database.prefix()))
                        .awaitStreaming()) {
            Await.until(this::slotIsInUse);
            relay.cut();
            capture.awaitNotice("waiting until it lets go");

            database.execute(
                    "UPDATE rows SET n = n + 1",
                    "SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '" + slotName()
                            + "'");
            capture.awaitNotice("PostgreSQL is back");
            database.awaitCaptured();

            assertThat(capture.stop().captured()).isEqualTo(20);
        }
        assertThat(database.topic("rows").rows()).isEqualTo(database.rows("rows"));
    }

    @Test
    void captureThatIsKilledRepeatsAndLosesNothing() {
        long seed = new SplittableRandom().nextLong();
        SplittableRandom random = new SplittableRandom(seed);
        createRows(20_000);
        try (Writer writer = new Writer(database)) {
            for (int round = 0; round < ROUNDS; round++) {
                try (CaptureProcess process = CaptureProcess.start(database.capture("rows"))) {
                    if (round > 0) {
                        Await.until(() -> slotIsInUse() || !process.alive());
                    }
                    LockSupport.parkNanos(random.nextLong(2_000_000_000L));
                    assertThat(process.alive()).as("seed " + seed).isTrue();
                }
            }
            writer.awaitWrites(20);
            writer.stop();
        }
        RunningCapture.once(database.capture("rows"));

        assertThat(database.topic("rows").rows()).as("seed " + seed).isEqualTo(database.rows("rows"));
        assertThat(database.topic("rows").rowsBySequence()).as("seed " + seed).isEqualTo(database.rows("rows"));
    }

    private boolean slotIsInUse() {
        return database.query("SELECT slot_name FROM pg_replication_slots WHERE active")
                .contains(slotName());
    }

    @Test
    void captureThatDiedWhileItReadTheTablesReadsThemAgain() {
        createRows(10);
        // As a process that died after the slot was made: it has recorded that it began, and nothing was finished.
        CaptureSettings settings = database.capture("rows");
        try (RunningCapture first = RunningCapture.start(settings).awaitStarted()) {
            first.stop();
        }
        resetToBegun(settings);
        database.execute(
                "DELETE FROM rows WHERE id = 1",
                "UPDATE rows SET n = 99 WHERE id = 2",
                "INSERT INTO rows VALUES (1000, 1)");

        RunningCapture second = RunningCapture.once(settings);

        assertThat(second.read()).containsExactlyElementsOf(settings.tables());
        assertThat(database.topic("rows").rows()).isEqualTo(database.rows("rows"));
        assertThat(database.topic("rows").rowsBySequence()).isEqualTo(database.rows("rows"));
    }

    private static void resetToBegun(CaptureSettings settings) {
        try (EventSender sender = EventSender.open(TestServer.kafka(), settings.topics())) {
            sender.sendPosition(
                    settings.offsetsTopic(),
                    PositionStore.key(settings.slot()),
                    CapturePosition.BEGUN.toJson(),
                    () -> {});
        } catch (InterruptedException stopped) {
            throw new AssertionError(stopped);
        }
    }

    @Test
    void slotThatIsDroppedByHandEndsTheCapture() {
        createRows(10);
        try (RunningCapture capture =
                RunningCapture.start(database.capture("rows")).awaitStreaming()) {
            Await.until(this::slotIsInUse);
            dropSlot();

            CdfException gone = catchThrowableOfType(CdfException.class, capture::summary);

            assertThat(gone.problem()).contains("slot " + slotName() + " is gone");
        }
    }

    @Test
    void slotThatIsDroppedWhileTheTablesAreReadEndsTheCaptureToo() {
        createRows(100_000);
        try (RunningCapture capture =
                RunningCapture.start(database.capture("rows")).awaitStarted()) {
            // The connector makes another, without a word, and would miss what was committed in between.
            dropSlot();

            CdfException lost = catchThrowableOfType(CdfException.class, capture::summary);

            assertThat(lost.problem()).contains("slot " + slotName()).contains("changes are lost");
        }
    }

    private void dropSlot() {
        // The connector may come back in between: then it is the next try that drops the slot.
        database.execute("DO $$ BEGIN LOOP BEGIN"
                + " PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = '" + slotName()
                + "';"
                + " PERFORM pg_drop_replication_slot('" + slotName() + "'); EXIT;"
                + " EXCEPTION WHEN object_in_use THEN NULL; END; END LOOP; END $$");
    }

    private String slotName() {
        return CaptureSettings.defaultName(database.prefix());
    }

    @Test
    void brokerThatIsAwayIsWaitedFor(@TempDir Path directory) {
        createRows(10);
        EmbeddedBroker first = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
        int port = Integer.parseInt(first.bootstrapServer().replaceFirst(".*:", ""));
        KafkaConnection kafka = new KafkaConnection(first.bootstrapServer());
        try (first;
                RunningCapture capture =
                        RunningCapture.start(kafka, database.capture("rows")).awaitStreaming()) {
            first.close();
            database.execute("UPDATE rows SET n = n + 1");
            capture.awaitNotice("the broker acknowledges nothing");

            try (EmbeddedBroker second = EmbeddedBroker.start(new BrokerSettings(directory, port, Map.of()))) {
                database.awaitCaptured();
                capture.stop();

                CapturedTopic topic = CapturedTopic.read(
                        new KafkaConnection(second.bootstrapServer()), database.prefix() + ".public.rows");
                assertThat(topic.rows()).isEqualTo(database.rows("rows"));
            }
        }
    }

    @Test
    void captureEndsSoonThoughTheBrokerIsAway(@TempDir Path directory) {
        createRows(10);
        EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
        KafkaConnection kafka = new KafkaConnection(broker.bootstrapServer());
        try (broker;
                RunningCapture capture =
                        RunningCapture.start(kafka, database.capture("rows")).awaitStreaming()) {
            broker.close();
            database.execute("UPDATE rows SET n = n + 1");
            capture.awaitNotice("the broker acknowledges nothing");

            assertThat(capture.stop().captured()).isEqualTo(10);
        }
    }

    @Test
    void captureThatWaitsForATransactionCanBeStopped() throws Exception {
        createRows(10);
        try (var connection = database.address().connect()) {
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                statement.execute("UPDATE rows SET n = 0");
            }
            try (RunningCapture capture = RunningCapture.start(database.capture("rows"))) {
                capture.awaitNotice("waits until the transactions end");

                assertThat(capture.stop().captured()).isZero();
            }
        }
    }

    @Test
    void tableThatIsAddedWhileATransactionWritesToItDoesNotHoldUpOthers() throws Exception {
        createRows(10);
        database.execute("CREATE TABLE others (id int PRIMARY KEY)");
        RunningCapture.once(database.capture("rows"));
        try (var connection = database.address().connect()) {
            connection.setAutoCommit(false);
            try (var statement = connection.createStatement()) {
                statement.execute("INSERT INTO others VALUES (1)");
            }
            try (RunningCapture stopped = RunningCapture.start(database.capture("rows", "others"))) {
                stopped.awaitNotice("waiting until that transaction ends");
                assertThat(stopped.stop().captured()).isZero();
            }
            try (RunningCapture capture = RunningCapture.start(database.capture("rows", "others"))) {
                capture.awaitNotice("waiting until that transaction ends");
                database.execute("SET statement_timeout = '10s'", "INSERT INTO others VALUES (2)");
                connection.commit();
                capture.awaitStreaming();
                database.awaitCaptured();
                assertThat(capture.stop().snapshotRows()).isEqualTo(2);
            }
        }
        assertThat(database.topic("others").rows()).isEqualTo(database.rows("others"));
    }

    private void createRows(int rows) {
        database.execute(
                "CREATE TABLE rows (id int PRIMARY KEY, n int)",
                "INSERT INTO rows SELECT id, 0 FROM generate_series(1, " + rows + ") AS id");
    }
}
