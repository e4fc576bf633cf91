package cdf.producer;

import cdf.generator.Injected;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Where each fault came to lie in the topic, in memory until the end. One thread adds, Kafka's sender; another reads,
 * once all records are acknowledged.
 */
final class FaultLog {
    private final List<Entry> entries = new ArrayList<>();

    void add(List<Injected> faults, int partition, long offset) {
        faults.forEach(fault -> entries.add(new Entry(fault, partition, offset)));
    }

    /** All entries by partition, offset and fault. */
    List<Entry> sorted() {
        return entries.stream()
                .sorted(Comparator.comparingInt(Entry::partition)
                        .thenComparingLong(Entry::offset)
                        .thenComparing(entry -> entry.fault().fault()))
                .toList();
    }

    /** @param offset negative if the broker does not tell */
    record Entry(Injected fault, int partition, long offset) {
        String json() {
            return JsonLine.of(json -> {
                json.writeStringField("fault", fault.fault().ledgerName());
                fault.writeTo(json);
                json.writeNumberField("partition", partition);
                if (offset >= 0) {
                    json.writeNumberField("offset", offset);
                } else {
                    json.writeNullField("offset");
                }
            });
        }
    }
}
