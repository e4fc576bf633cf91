package cdf.postgres;

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
    private volatile boolean abandoned;

    Phase phase() {
        return phase;
    }

    void phase(Phase now) {
        phase = now;
    }

    /** Begins the life of another connector. */
    void begin() {
        abandoned = false;
        phase = Phase.STARTING;
    }

    /** Says that the present connector has stopped to read its slot, and does not know it. */
    void abandon() {
        abandoned = true;
    }

    boolean abandoned() {
        return abandoned;
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
