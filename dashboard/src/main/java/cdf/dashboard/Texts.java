package cdf.dashboard;

import java.time.Duration;
import java.util.Locale;

/** Quantities as people read them. */
final class Texts {
    private Texts() {}

    /** Such as {@code 0.4 s}, {@code 42 s} or {@code 3 min}. */
    static String duration(Duration time) {
        double seconds = time.toMillis() / 1e3;
        if (seconds < 9.95) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        if (seconds < 120) {
            return String.format(Locale.ROOT, "%.0f s", seconds);
        }
        return seconds < 7200
                ? String.format(Locale.ROOT, "%d min", time.toMinutes())
                : String.format(Locale.ROOT, "%d h", time.toHours());
    }

    /** Such as {@code 1 event} or {@code 1,200 events}. */
    static String count(long number, String noun) {
        return String.format(Locale.ROOT, "%,d %s%s", number, noun, number == 1 ? "" : "s");
    }
}
