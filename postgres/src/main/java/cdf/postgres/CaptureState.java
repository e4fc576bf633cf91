package cdf.postgres;

import org.jspecify.annotations.Nullable;

import java.util.Optional;

/** What a capture's threads share. */
final class CaptureState {
    /** What the connector does. */
    enum Phase {
        /** It connects, or waits for the transactions that run until the new slot is ready. */
        STARTING,
        /** It reads tables whole, or is about to read its slot. */
        READING,
        STREAMING,
        /** The database is away. */
        WAITING
    }

    private volatile Phase phase = Phase.STARTING;
    private volatile CapturePosition position = CapturePosition.BEGUN;
    private volatile boolean stopping;
    private volatile @Nullable String abandoned;

    Phase phase() {
        return phase;
    }

    void phase(Phase now) {
        phase = now;
    }

    /** Begins the life of another connector. */
    void begin() {
        abandoned = null;
        phase = Phase.STARTING;
    }

    /** Says why the present connector must not go on, which it does not know. */
    void abandon(String reason) {
        abandoned = reason;
    }

    Optional<String> abandoned() {
        return Optional.ofNullable(abandoned);
    }

    /** What is in Kafka for good, and recorded there. */
    CapturePosition position() {
        return position;
    }

    void position(CapturePosition reached) {
        position = reached;
    }

    boolean stopping() {
        return stopping;
    }

    void stop() {
        stopping = true;
    }
}
