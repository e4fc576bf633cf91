package cdf.generator;

import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.List;

/**
 * A record to send, with the faults that it has on purpose, if any.
 *
 * @param key the key, or null
 * @param value the value, or null for a tombstone
 */
@SuppressWarnings("ArrayRecordComponent") // Nobody compares records; Kafka wants their bytes as arrays.
public record FaultyRecord(byte @Nullable [] key, byte @Nullable [] value, List<Injected> faults) {
    /** The same record, with one fault more. */
    FaultyRecord with(Injected fault) {
        List<Injected> more = new ArrayList<>(faults);
        more.add(fault);
        return new FaultyRecord(key, value, List.copyOf(more));
    }
}
