package cdf.dashboard;

import org.jspecify.annotations.Nullable;

import java.util.Arrays;
import java.util.Optional;

/** An event that could not be applied: its place, why, and the beginning of its bytes. */
public final class DeadLetter {
    /** How much of a key or value is kept: an event may have megabytes, and {@code cdf dead-letters} shows all of it. */
    static final int KEPT_BYTES = 2048;

    private final int partition;
    private final long offset;
    private final long timestampMillis;
    private final String reason;
    private final Optional<String> column;
    private final Optional<Bytes> key;
    private final Optional<Bytes> value;

    /** @param column the column at fault, if one is */
    public DeadLetter(
            int partition,
            long offset,
            long timestampMillis,
            String reason,
            Optional<String> column,
            byte @Nullable [] key,
            byte @Nullable [] value) {
        this.partition = partition;
        this.offset = offset;
        this.timestampMillis = timestampMillis;
        this.reason = reason;
        this.column = column;
        this.key = Optional.ofNullable(key).map(Bytes::of);
        this.value = Optional.ofNullable(value).map(Bytes::of);
    }

    int partition() {
        return partition;
    }

    long offset() {
        return offset;
    }

    long timestampMillis() {
        return timestampMillis;
    }

    String reason() {
        return reason;
    }

    Optional<String> column() {
        return column;
    }

    Optional<Bytes> key() {
        return key;
    }

    Optional<Bytes> value() {
        return value;
    }

    /** The beginning of some bytes, and how many they are in all. */
    static final class Bytes {
        private final byte[] kept;
        private final int length;

        private Bytes(byte[] kept, int length) {
            this.kept = kept;
            this.length = length;
        }

        static Bytes of(byte[] all) {
            return new Bytes(Arrays.copyOf(all, Math.min(all.length, KEPT_BYTES)), all.length);
        }

        byte[] kept() {
            return kept;
        }

        int length() {
            return length;
        }
    }
}
