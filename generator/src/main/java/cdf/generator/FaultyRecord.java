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
@SuppressWarnings("ArrayRecordComponent") // Nobody compares records; their bytes go to Kafka, which wants arrays.
public record FaultyRecord(byte @Nullable [] key, byte @Nullable [] value, List<Injected> faults) {
    public FaultyRecord {
        faults = List.copyOf(faults);
    }

    /** The same record, with one fault more. */
    FaultyRecord with(Injected fault) {
        List<Injected> more = new ArrayList<>(faults);
        more.add(fault);
        return new FaultyRecord(key, value, more);
    }
}
