package cdf.generator;

import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * How often each fault strikes, 0 to 1; what is not named never does. {@link Fault#MALFORMED} strikes for each change,
 * {@link Fault#UNUSUAL_KEY} for each row, the others for each event that can have them.
 */
public record Faults(Map<Fault, Double> rates) {
    public static final Faults NONE = new Faults(Map.of());

    public Faults {
        Map<Fault, Double> asked = new EnumMap<>(Fault.class);
        rates.forEach((fault, rate) -> {
            if (rate != 0) {
                asked.put(fault, rate);
            }
        });
        rates = Collections.unmodifiableMap(asked);
    }

    /** Everything that is wrong with the rates, a sentence each. */
    public List<String> problems() {
        return rates.entrySet().stream()
                .filter(each -> !(each.getValue() >= 0 && each.getValue() <= 1))
                .map(each -> each.getKey().option() + ": " + each.getValue() + " is not from 0 to 1")
                .toList();
    }

    public double rate(Fault fault) {
        return rates.getOrDefault(fault, 0.0);
    }

    /** Whether the fault is to strike at all. */
    public boolean has(Fault fault) {
        return rates.containsKey(fault);
    }

    /** Whether no fault is to strike. */
    public boolean none() {
        return rates.isEmpty();
    }

    /** The ids of the rows. */
    public UnusualKeys keys() {
        return has(Fault.UNUSUAL_KEY) ? new UnusualKeys(rate(Fault.UNUSUAL_KEY)) : UnusualKeys.NONE;
    }
}
