package cdf.lake;

import cdf.change.Decoded;
import org.jspecify.annotations.Nullable;

/**
 * A record of the topic, and what reading it came to. Equality is that of the place: {@code partition} and
 * {@code offset}.
 *
 * @param timestampMillis Kafka's timestamp, in milliseconds since 1970-01-01T00:00Z
 * @param key the key's bytes, null when the record has none
 */
public record WatchedRecord(int partition, long offset, long timestampMillis, byte @Nullable [] key, Decoded decoded) {
    @Override
    public boolean equals(@Nullable Object other) {
        return other instanceof WatchedRecord record && record.partition == partition && record.offset == offset;
    }

    @Override
    public int hashCode() {
        return 31 * partition + Long.hashCode(offset);
    }
}
