package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import cdf.postgres.CaptureState.Phase;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Reads tables of a PostgreSQL database whole, once, and then their changes as they are committed, into one topic a table.
 * An event is in Kafka before its position is stored there, and that before the replication slot lets go of it: a crash repeats
 * events, and loses none. A database or a broker that goes away is waited for. Runs once; {@link #stop} may come from any
 * thread.
 */
public final class Capture {
    private static final Duration RETRY = Duration.ofMillis(250);
    /** How long a server may take to see that an earlier process is gone. */
    private static final Duration SLOT_RELEASE = Duration.ofSeconds(5);

    private static final Duration FOREVER = Duration.ofDays(10_000);

    /** How long others may write undisturbed between two tries to add a table to the publication. */
    private static final Duration WRITERS_TURN = Duration.ofSeconds(1);

    private static final Duration STORING = Duration.ofSeconds(30);
    private static final int MOST_FAILURES = 3;

    private final KafkaConnection kafka;
    private final CaptureSettings settings;
    private final CaptureListener listener;
    private final CaptureState state = new CaptureState();

    public Capture(KafkaConnection kafka, CaptureSettings settings, CaptureListener listener) {
        this.kafka = kafka;
        this.settings = settings;
        this.listener = new SerialListener(listener);
    }

    /** Ends {@link #run} soon, in order. */
    public void stop() {
        state.stop();
    }

    /**
     * Captures until {@link #stop}, or until the end with {@code once}.
     *
     * @throws CdfException for all that the user can mend; before the first event, with everything that is wrong at once
     */
    public CaptureSummary run() {
        long startNanos = System.nanoTime();
        Optional<ReplicationSlot> slot;
        boolean begun;
        try (Topics topics = Topics.connect(kafka)) {
            Optional<CapturePosition> earlier = PositionStore.read(topics, settings.offsetsTopic(), settings.slot());
            begun = earlier.isPresent();
            requireTopics(topics, earlier);
            slot = prepare(earlier);
            topics.ensure(settings.offsetsTopic(), 1, Map.of("cleanup.policy", "compact"));
            settings.topics()
                    .forEach(topic -> topics.ensure(topic, settings.partitions(), Map.of("cleanup.policy", "delete")));
            state.position(earlier.orElse(CapturePosition.BEGUN));
        }
        try (EventSender sender = EventSender.open(kafka, settings.topics());
                CaptureMonitor monitor = CaptureMonitor.start(settings, sender, state, listener)) {
            if (!begun) {
                storeBegun(sender);
            }
            sessions(slot, sender);
            monitor.throwFailure();
            return new CaptureSummary(
                    sender.snapshotRows() + sender.changes(),
                    sender.snapshotRows(),
                    settings.topics(),
                    settings.slot(),
                    state.position().lsn(),
                    Duration.ofNanos(System.nanoTime() - startNanos));
        } catch (InterruptedException stopped) {
            throw new CdfException(
                    ExitCode.INTERRUPTED,
                    "the capture was interrupted",
                    "run it again: it goes on where it was",
                    stopped);
        }
    }

    /** Makes sure that the topics have what an earlier run sent, and nothing if there was none. */
    private void requireTopics(Topics topics, Optional<CapturePosition> earlier) {
        for (TableName table : settings.tables()) {
            String topic = table.topic(settings.topicPrefix());
            Optional<TopicContents> contents = topics.contents(topic);
            boolean sent = contents.stream()
                    .flatMap(found -> found.endOffsets().values().stream())
                    .anyMatch(end -> end > 0);
            if (earlier.isEmpty() && sent) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "the topic " + topic + " has events already, and nothing is left of the capture that sent them",
                        "capture under another --topic-prefix, into another table, or delete topic and table: nobody knows"
                                + " what was deleted in between");
            }
            if (contents.isEmpty()
                    && earlier.isPresent()
                    && earlier.get().tables().contains(table)) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "the topic " + topic + " is gone, and with it what was captured",
                        Preflight.BEGIN_AGAIN);
            }
        }
    }

    /** Says in Kafka that a slot may be there, before one is. */
    private void storeBegun(EventSender sender) throws InterruptedException {
        CountDownLatch stored = new CountDownLatch(1);
        sender.sendPosition(
                settings.offsetsTopic(),
                PositionStore.key(settings.slot()),
                CapturePosition.BEGUN.toJson(),
                stored::countDown);
        if (!stored.await(STORING.toSeconds(), TimeUnit.SECONDS)) {
            sender.throwFailure();
            throw new CdfException(
                    ExitCode.BROKER_UNREACHABLE,
                    "the broker does not acknowledge the position in " + settings.offsetsTopic(),
                    "see whether enough of its replicas are there");
        }
    }

    /** Checks everything, and makes the publication; gives the slot, if it is there. */
    private Optional<ReplicationSlot> prepare(Optional<CapturePosition> position) {
        try (Connection connection = settings.database().connect()) {
            var unused = ReplicationSlot.awaitReleased(connection, settings.slot(), SLOT_RELEASE, state::stopping);
            Preflight.Findings findings = Preflight.look(connection, settings, position);
            findings.warnings().forEach(listener::notice);
            findings.check();
            publish(connection);
            return findings.slot();
        } catch (SQLException failure) {
            throw DatabaseFailures.running(settings.database(), "preparing the capture", failure);
        }
    }

    /** Tries again until there is a moment without writers, so that they need not wait behind us. */
    private void publish(Connection connection) throws SQLException {
        boolean told = false;
        while (!state.stopping()
                && !Publication.ensure(connection, settings.publication(), new TreeSet<>(settings.tables()))) {
            if (!told) {
                told = true;
                listener.notice("somebody writes to a table that is to be captured: waiting until that transaction ends"
                        + " (pg_locks)");
            }
            LockSupport.parkNanos(WRITERS_TURN.toNanos());
        }
    }

    /** One connector after the other, each for as long as the database lets it. */
    private void sessions(Optional<ReplicationSlot> first, EventSender sender) throws InterruptedException {
        Optional<ReplicationSlot> slot = first;
        int failures = 0;
        while (!state.stopping()) {
            CapturePosition before = state.position();
            try (CaptureSession session =
                    new CaptureSession(settings, sender, state, listener, unread(), slot.isPresent())) {
                session.run();
                return;
            } catch (InterruptedException stopped) {
                if (state.stopping()) {
                    return;
                }
                throw stopped;
            } catch (CdfException known) {
                throw known;
            } catch (SQLException | RuntimeException failure) {
                failures = state.position().equals(before) ? failures + 1 : 1;
                if (state.stopping()) {
                    return;
                }
                if (DatabaseFailures.isUnconvertible(failure)) {
                    throw new CdfException(
                            ExitCode.FAILED,
                            "Debezium has no form for a value, and null would be wrong: "
                                    + DatabaseFailures.firstLine(failure),
                            "NaN and Infinity of a numeric are such values, and large ones that an update left alone without ALTER"
                                    + " TABLE … REPLICA IDENTITY FULL: leave the table out of --tables, or mend it and begin"
                                    + " again, with --drop-slot and another --topic-prefix",
                            failure);
                }
                if (failures >= MOST_FAILURES && !DatabaseFailures.isAway(failure)) {
                    throw new CdfException(
                            ExitCode.FAILED,
                            "the capture fails again and again: " + DatabaseFailures.firstLine(failure),
                            "--debug shows where this comes from",
                            failure);
                }
                state.phase(Phase.WAITING);
                listener.notice(
                        "PostgreSQL does not go on (" + DatabaseFailures.firstLine(failure) + "): waiting for it");
            }
            slot = recover();
        }
    }

    /** Waits until the database is there and all is well with it, however often it goes away again. */
    private Optional<ReplicationSlot> recover() {
        while (!state.stopping()) {
            awaitDatabase();
            try {
                awaitSlot();
                if (state.stopping()) {
                    return Optional.empty();
                }
                Optional<ReplicationSlot> slot = prepare(Optional.of(state.position()));
                listener.notice("PostgreSQL is back");
                return slot;
            } catch (CdfException failure) {
                if (!DatabaseFailures.isAway(failure)) {
                    throw failure;
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
        return Optional.empty();
    }

    /**
     * Waits for the server to let go of the slot: a connection that was cut on the way is there for it until its
     * {@code wal_sender_timeout}, which is a minute.
     */
    private void awaitSlot() {
        try (Connection connection = settings.database().connect()) {
            ReplicationSlot.awaitReleased(connection, settings.slot(), SLOT_RELEASE, state::stopping)
                    .filter(ReplicationSlot::active)
                    .ifPresent(held -> listener.notice("process " + held.activeProcess()
                            + " of the server still has the slot " + settings.slot()
                            + ": waiting until it lets go (wal_sender_timeout)"));
            var unused = ReplicationSlot.awaitReleased(connection, settings.slot(), FOREVER, state::stopping);
        } catch (SQLException failure) {
            throw DatabaseFailures.running(settings.database(), "looking at the slot", failure);
        }
    }

    private Set<TableName> unread() {
        Set<TableName> unread = new TreeSet<>(settings.tables());
        unread.removeAll(state.position().tables());
        return unread;
    }

    private void awaitDatabase() {
        while (!state.stopping()) {
            try (Connection connection = settings.database().open()) {
                if (connection.isValid(0)) {
                    return;
                }
            } catch (SQLException failure) {
                if (!DatabaseFailures.isAway(failure)) {
                    throw DatabaseFailures.connecting(settings.database(), failure);
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    /**
     * Removes what a capture left on the server and in Kafka: slot, publication and positions. The topics of the tables stay; and
     * while {@code PREFIX.offsets} has the position of another slot, that topic and the publication, which it may share.
     *
     * @return what there was, a line each
     * @throws CdfException if the slot is in use
     */
    public static List<String> drop(
            KafkaConnection kafka, DatabaseAddress database, String topicPrefix, String slotName, String publication) {
        String offsets = CaptureSettings.offsetsTopic(topicPrefix);
        List<String> dropped = new ArrayList<>();
        try (Topics topics = Topics.connect(kafka);
                Connection connection = database.connect()) {
            Optional<ReplicationSlot> slot =
                    ReplicationSlot.awaitReleased(connection, slotName, SLOT_RELEASE, () -> false);
            if (slot.filter(ReplicationSlot::active).isPresent()) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "the replication slot " + slotName + " is in use by another process",
                        "end the cdf capture that uses it first");
            }
            if (slot.isPresent()) {
                try (PreparedStatement statement = connection.prepareStatement("SELECT pg_drop_replication_slot(?)")) {
                    statement.setString(1, slotName);
                    statement.execute();
                }
                dropped.add("slot " + slotName);
            }
            boolean shared = PositionStore.hasOthers(topics, offsets, slotName);
            if (!shared && Publication.find(connection, publication).isPresent()) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("DROP PUBLICATION " + Sql.identifier(publication));
                }
                dropped.add("publication " + publication);
            }
            if (shared) {
                if (PositionStore.read(topics, offsets, slotName).isPresent()) {
                    PositionStore.forget(kafka, offsets, slotName);
                    dropped.add("the position of " + slotName + " in " + offsets);
                }
            } else if (topics.partitions(offsets).isPresent()) {
                topics.delete(offsets);
                dropped.add("topic " + offsets);
            }
            return dropped;
        } catch (SQLException failure) {
            throw DatabaseFailures.running(database, "removing slot and publication", failure);
        }
    }
}
