package cdf.postgres;

import cdf.postgres.CaptureState.Phase;
import org.apache.kafka.connect.source.SourceRecord;
import org.jspecify.annotations.Nullable;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;

/** The life of one connector: from its start to the end of the capture, or to a failure. Used by one thread. */
final class CaptureSession implements AutoCloseable {
    private static final Duration STORE_INTERVAL = Duration.ofMillis(100);
    private static final Duration DRAINING = Duration.ofSeconds(5);

    private final CaptureSettings settings;
    private final EventSender sender;
    private final CaptureState state;
    private final CaptureListener listener;
    private final Set<TableName> toRead;
    private final ChangeSource source;

    /** A position on its way to Kafka, with the connector's own. */
    private record Stored(
            CapturePosition position, @Nullable Map<String, ?> offset) {}

    /** Set when Kafka has it, by Kafka's thread. */
    private final AtomicReference<@Nullable Stored> stored = new AtomicReference<>();

    /** Up to here everything is in Kafka; what says so may not be yet. */
    private Stored reached;

    private Stored sent;
    private boolean storing;
    private long storedNanos;
    private Lsn slotStart = Lsn.NONE;
    private Lsn target = Lsn.NONE;

    /** @param slotExists whether the slot was there before */
    CaptureSession(
            CaptureSettings settings,
            EventSender sender,
            CaptureState state,
            CaptureListener listener,
            Set<TableName> toRead,
            boolean slotExists) {
        this.settings = settings;
        this.sender = sender;
        this.state = state;
        this.listener = listener;
        this.toRead = toRead;
        this.source = new ChangeSource(settings, toRead, slotExists);
        this.reached = new Stored(state.position(), null);
        this.sent = reached;
    }

    /** Starts the connector, and runs it until the capture is to end. */
    void run() throws InterruptedException, SQLException {
        sender.forgetOffsets();
        state.begin();
        source.start();
        begin();
        while (!state.stopping() && !complete()) {
            step();
            state.abandoned().ifPresent(reason -> {
                throw new IllegalStateException(reason);
            });
        }
        drain();
    }

    private void begin() throws SQLException {
        try (Connection connection = settings.database().open()) {
            ReplicationSlot slot = ReplicationSlot.find(connection, settings.slot())
                    .orElseThrow(() -> new IllegalStateException("the connector made no slot"));
            Preflight.checkNothingLost(settings, slot, state.position());
            source.numberSnapshot(slot.restart());
            slotStart = slot.confirmed();
            if (state.position().lsn().equals(Lsn.NONE)) {
                // From now on a slot that is not there was dropped.
                state.position(new CapturePosition(slotStart, Set.of()));
                reached = new Stored(state.position(), null);
            }
            listener.started(settings.slot(), settings.publication(), toRead);
            state.phase(Phase.READING);
            if (settings.once()) {
                target = ReplicationSlot.mark(connection);
            }
        }
    }

    private void streaming() {
        state.phase(Phase.STREAMING);
        Lsn from = reached.position().lsn().compareTo(slotStart) > 0
                ? reached.position().lsn()
                : slotStart;
        reached = new Stored(new CapturePosition(from, new TreeSet<>(settings.tables())), null);
        listener.streaming();
    }

    private boolean complete() {
        return settings.once() && state.position().lsn().compareTo(target) > 0;
    }

    /** One poll, and what the acknowledgements since the last one allow. */
    private void step() throws InterruptedException {
        List<SourceRecord> records = source.poll();
        if (!records.isEmpty()) {
            sender.send(records);
        }
        sender.throwFailure();
        advance(System.nanoTime());
    }

    private void advance(long nowNanos) throws InterruptedException {
        Optional<Map<String, ?>> offset = sender.acknowledgedOffset();
        if (offset.isPresent() && !ChangeSource.inSnapshot(offset.get())) {
            if (state.phase() == Phase.READING) {
                streaming();
            }
            Lsn committed = ChangeSource.committed(offset.get());
            if (committed.compareTo(reached.position().lsn()) > 0) {
                reached = new Stored(
                        new CapturePosition(committed, reached.position().tables()), offset.get());
            }
        }
        Stored done = stored.getAndSet(null);
        if (done != null) {
            storing = false;
            state.position(done.position());
            if (done.offset() != null) {
                source.acknowledge(done.offset());
            }
        }
        if (!storing
                && !reached.position().equals(sent.position())
                && nowNanos - storedNanos >= STORE_INTERVAL.toNanos()) {
            store(nowNanos);
        }
    }

    private void store(long nowNanos) throws InterruptedException {
        storing = true;
        storedNanos = nowNanos;
        sent = reached;
        Stored storing = reached;
        sender.sendPosition(
                settings.offsetsTopic(),
                PositionStore.key(settings.slot()),
                storing.position().toJson(),
                () -> stored.set(storing));
    }

    /** Waits a little for what is on its way, so that the next run has less to repeat. */
    private void drain() throws InterruptedException {
        long deadline = System.nanoTime() + DRAINING.toNanos();
        while (System.nanoTime() - deadline < 0
                && (!sender.idle() || storing || !reached.position().equals(sent.position()))) {
            Thread.sleep(1);
            advance(System.nanoTime());
        }
    }

    /** Ends the connector; the slot moves on to what is stored. */
    @Override
    public void close() {
        source.close();
    }
}
