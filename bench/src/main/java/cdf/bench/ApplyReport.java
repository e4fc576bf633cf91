package cdf.bench;

import cdf.producer.JsonLine;

import java.io.PrintStream;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/** Prints what {@code bench/apply} measures, and keeps its figures. */
final class ApplyReport {
    private final PrintStream out;
    private final Map<String, Double> figures = new LinkedHashMap<>();
    private long collectedBefore = collectionMillis();
    private boolean titled;

    ApplyReport(PrintStream out) {
        this.out = out;
    }

    /** Begins a part, and ends the one before. */
    void title(String format, Object... arguments) {
        end();
        titled = true;
        line(format, arguments);
    }

    /** Ends the last part. */
    void end() {
        if (titled) {
            line("garbage collection of this part: %.1f s", secondsOfCollection());
            line("");
        }
        titled = false;
    }

    void line(String format, Object... arguments) {
        out.printf(Locale.ROOT, format + "%n", arguments);
        out.flush();
    }

    /** Prints where the time goes. */
    void stages(String title, Map<String, Double> meanMillis) {
        double all =
                meanMillis.values().stream().mapToDouble(Double::doubleValue).sum();
        line("  %-40s %10s %6s", title, "mean ms", "share");
        meanMillis.forEach((stage, millis) -> line("    %-38s %10.1f %5.0f%%", stage, millis, 100 * millis / all));
        line("    %-38s %10.1f", "together", all);
    }

    /** Prints a figure, and keeps it under its name for {@link #json()}. */
    void figure(String name, double value) {
        double rounded = Math.round(1000 * value) / 1000.0;
        figures.put(name, rounded);
        line("  %-40s %,10.3f", name, rounded);
    }

    /** The figures as one object. */
    String json() {
        return JsonLine.of(json -> {
            for (Map.Entry<String, Double> figure : figures.entrySet()) {
                json.writeNumberField(figure.getKey(), figure.getValue());
            }
        });
    }

    /** The time that went into garbage collection since this was asked last, or since a part began. */
    double secondsOfCollection() {
        long now = collectionMillis();
        double seconds = (now - collectedBefore) / 1e3;
        collectedBefore = now;
        return seconds;
    }

    private static long collectionMillis() {
        return ManagementFactory.getGarbageCollectorMXBeans().stream()
                .mapToLong(GarbageCollectorMXBean::getCollectionTime)
                .sum();
    }
}
