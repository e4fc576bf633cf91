package cdf.dashboard;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Counts dead letters by their reasons, without the values and places that a reason names. Not thread-safe. */
final class Reasons {
    static final String OTHER = "other reasons";
    static final String UNKNOWN = "more in the same batch, not looked at here";
    private static final int MOST = 50;
    private static final Pattern PARTICULARS = Pattern.compile("\"[^\"]*\"|'[^']*'|(?<![-\\w])\\d+");

    private final Map<String, Long> counts = new HashMap<>();

    void count(DeadLetter letter) {
        String kind = kindOf(letter);
        counts.merge(counts.size() < MOST || counts.containsKey(kind) ? kind : OTHER, 1L, Long::sum);
    }

    /** Counts letters whose reasons were not told. */
    void countUnknown(long letters) {
        if (letters > 0) {
            counts.merge(UNKNOWN, letters, Long::sum);
        }
    }

    /** What letters with the same fault in other values have in common. */
    static String kindOf(DeadLetter letter) {
        String reason = PARTICULARS.matcher(letter.reason()).replaceAll("…");
        return letter.column().map(column -> "column " + column + ": " + reason).orElse(reason);
    }

    /** The reasons, most frequent first. */
    List<Count> counts() {
        return counts.entrySet().stream()
                .map(count -> new Count(count.getKey(), count.getValue()))
                .sorted(Comparator.comparingLong(Count::letters).reversed().thenComparing(Count::reason))
                .toList();
    }

    record Count(String reason, long letters) {}
}
