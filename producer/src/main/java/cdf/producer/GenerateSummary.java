package cdf.producer;

import cdf.generator.Fault;
import com.fasterxml.jackson.core.JsonGenerator;
import org.HdrHistogram.Histogram;

import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a generation came to.
 *
 * @param acknowledged records that the broker has, of all kinds
 * @param bytes of the keys and values of the acknowledged records
 * @param behind how far behind its schedule the generation was at most
 * @param latencyMicros from when a record was due to its acknowledgement, in microseconds
 */
public record GenerateSummary(
        long seed,
        GenerateCounts counts,
        long acknowledged,
        long bytes,
        Duration elapsed,
        Duration behind,
        Histogram latencyMicros) {
    /** The changes sent. */
    public long generated() {
        return counts.generated();
    }

    double eventsPerSecond() {
        return generated() / Math.max(1e-9, elapsed.toNanos() / 1e9);
    }

    /** Prints the summary for people. */
    public void print(PrintStream out) {
        out.printf(
                Locale.ROOT,
                "generated %,d events in %.1f s (%,.0f/s): %,d created, %,d updated, %,d deleted%n",
                generated(),
                elapsed.toMillis() / 1e3,
                eventsPerSecond(),
                counts.created(),
                counts.updated(),
                counts.deleted());
        if (counts.tombstones() > 0) {
            out.printf(Locale.ROOT, "and %,d tombstones%n", counts.tombstones());
        }
        if (!counts.faults().isEmpty()) {
            out.println("faults: " + faults());
        }
        out.printf(
                Locale.ROOT,
                "acknowledged %,d records, %,.1f MB; latency p50 %.1f ms, p99 %.1f ms, max %.1f ms%n",
                acknowledged,
                bytes / 1e6,
                millis(50),
                millis(99),
                millis(100));
        if (behind.toMillis() >= 1000) {
            out.printf(
                    Locale.ROOT,
                    "fell behind its schedule by up to %.1f s: the broker takes fewer events than asked for%n",
                    behind.toMillis() / 1e3);
        }
        out.printf(Locale.ROOT, "seed %d repeats these events%n", seed);
    }

    /** Writes the summary as fields of a JSON object. */
    public void writeTo(JsonGenerator json) throws IOException {
        json.writeNumberField("generated", generated());
        json.writeNumberField("created", counts.created());
        json.writeNumberField("updated", counts.updated());
        json.writeNumberField("deleted", counts.deleted());
        json.writeNumberField("tombstones", counts.tombstones());
        for (Fault fault : Fault.values()) {
            if (fault == Fault.MALFORMED || counts.faults().containsKey(fault)) {
                json.writeNumberField(fault.field(), counts.of(fault));
            }
        }
        json.writeNumberField("acknowledged", acknowledged);
        json.writeNumberField("bytes", bytes);
        json.writeNumberField("seconds", elapsed.toMillis() / 1e3);
        json.writeNumberField("eventsPerSecond", Math.round(eventsPerSecond()));
        json.writeNumberField("behindMillis", behind.toMillis());
        json.writeObjectFieldStart("latencyMillis");
        json.writeNumberField("p50", millis(50));
        json.writeNumberField("p99", millis(99));
        json.writeNumberField("max", millis(100));
        json.writeEndObject();
        json.writeNumberField("seed", seed);
    }

    private String faults() {
        return Stream.of(Fault.values())
                .filter(counts.faults()::containsKey)
                .map(fault -> String.format(Locale.ROOT, "%,d %s", counts.of(fault), fault.label()))
                .collect(Collectors.joining(", "));
    }

    private double millis(double percentile) {
        return latencyMicros.getValueAtPercentile(percentile) / 1e3;
    }
}
