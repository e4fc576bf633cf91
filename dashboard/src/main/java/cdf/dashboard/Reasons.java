package cdf.dashboard;

import cdf.change.Envelope;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Counts dead letters by their reasons, without the values and places that a reason names. Not thread-safe. */
final class Reasons {
    static final String OTHER = "other reasons";
    static final String UNKNOWN = "more in the same batch, not looked at here";
    private static final int MOST = 50;

    /** A field of the envelope, which stays; or a value, a name or a place, which does not. */
    private static final Pattern NAMED = Pattern.compile(Stream.of(
                    Envelope.OPERATION,
                    Envelope.TIMESTAMP,
                    Envelope.BEFORE,
                    Envelope.AFTER,
                    Envelope.SCHEMA,
                    Envelope.PAYLOAD)
            .collect(Collectors.joining("|", "(\"(?:", ")\")|\"[^\"]*\"|'[^']*'|(?<![-\\w])\\d+")));

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
        String reason = NAMED.matcher(letter.reason()).replaceAll(named -> named.group(1) == null ? "…" : "$1");
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
