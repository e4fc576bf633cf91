package cdf.verify;

import cdf.change.TableSchema;
import cdf.verify.TopicReplay.Unreadable;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/** Compares the dead letters of a table with the events of its topic that cannot be read: each must be there, once. */
final class DeadLetterComparison {
    private static final TableSchema COLUMNS =
            TableSchema.parse("topic STRING, partition INT, offset BIGINT, column STRING", "topic,partition,offset");

    private static final Comparator<Unreadable> ORDER =
            Comparator.comparingInt(Unreadable::partition).thenComparingLong(Unreadable::offset);

    private static final int MOST_SHOWN = 3;

    private DeadLetterComparison() {}

    /**
     * What is wrong with them, if something is.
     *
     * @param table of the dead letters; there need not be one
     * @param unreadable the events that cannot be read, between these positions of the topic
     */
    static Optional<String> finding(
            Optional<KernelTable> table,
            String topic,
            List<Unreadable> unreadable,
            Map<Integer, Long> from,
            Map<Integer, Long> to) {
        List<Unreadable> letters = new ArrayList<>();
        table.ifPresent(known -> known.rows(COLUMNS.columns(), row -> {
            int partition = (Integer) Objects.requireNonNull(row.get(1));
            long offset = (Long) Objects.requireNonNull(row.get(2));
            if (topic.equals(row.get(0))
                    && offset >= from.getOrDefault(partition, 0L)
                    && offset < to.getOrDefault(partition, 0L)) {
                letters.add(new Unreadable(partition, offset, Optional.ofNullable((String) row.get(3))));
            }
        }));
        letters.sort(ORDER);
        List<Unreadable> expected = unreadable.stream().sorted(ORDER).toList();
        if (letters.equals(expected)) {
            return Optional.empty();
        }
        List<Unreadable> missing = without(expected, letters);
        List<Unreadable> tooMany = without(letters, expected);
        return Optional.of("the dead letters are not the events that cannot be applied: " + missing.size()
                + " are missing " + shortened(missing) + ", " + tooMany.size() + " should not be there "
                + shortened(tooMany));
    }

    private static List<Unreadable> without(List<Unreadable> letters, List<Unreadable> others) {
        Map<Unreadable, Integer> counts = new HashMap<>();
        others.forEach(letter -> counts.merge(letter, 1, Integer::sum));
        return letters.stream()
                .filter(letter -> counts.merge(letter, -1, Integer::sum) < 0)
                .toList();
    }

    private static List<Unreadable> shortened(List<Unreadable> letters) {
        return letters.subList(0, Math.min(letters.size(), MOST_SHOWN));
    }
}
