package cdf.bench;

import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.lake.CompactedFiles;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** Notes the batches of a {@code cdf apply}. Written by the thread that applies; read when it has ended. */
class AppliedBatches implements ApplyListener {
    private final List<AppliedBatch> batches = new ArrayList<>();
    private final List<CompactedFiles> compactions = new ArrayList<>();

    /** How long the compaction after each batch took. */
    private final List<Long> compactedNanos = new ArrayList<>();

    /** When each batch was done, its compaction with it; before the first, when it all began. */
    private final List<Long> doneNanos = new ArrayList<>(List.of(System.nanoTime()));

    @Override
    public void onBatch(AppliedBatch batch) {
        batches.add(batch);
        doneNanos.add(System.nanoTime());
        compactedNanos.add(0L);
    }

    @Override
    public void onCompaction(CompactedFiles files) {
        compactions.add(files);
        compactedNanos.set(compactedNanos.size() - 1, files.time().toNanos());
        doneNanos.set(doneNanos.size() - 1, System.nanoTime());
    }

    int size() {
        return batches.size();
    }

    AppliedBatch batch(int number) {
        return batches.get(number);
    }

    long events(int number) {
        return batches.get(number).accounting().read();
    }

    /** The batches without what Spark's rounding leaves over in the end: the first that is much smaller ends them. */
    int fullSize(long batchEvents) {
        int full = 0;
        while (full < batches.size() && events(full) > batchEvents / 2) {
            full++;
        }
        return full;
    }

    /** The events of some batches a second, with all that lies between the batches. */
    double eventsPerSecond(int from, int to) {
        long events = 0;
        for (int number = from; number < to; number++) {
            events += events(number);
        }
        return events / ((doneNanos.get(to) - doneNanos.get(from)) / 1e9);
    }

    List<CompactedFiles> compactions() {
        return compactions;
    }

    /** The time of a whole commit, in milliseconds. */
    double commitMillis(int number) {
        return millis(batches.get(number).stages().values().stream().reduce(Duration.ZERO, Duration::plus));
    }

    /** The number of the commit that took longest. */
    int slowest(int from, int to) {
        return IntStream.range(from, to)
                .boxed()
                .max(Comparator.comparingDouble(this::commitMillis))
                .orElseThrow();
    }

    double[] commitMillis(int from, int to) {
        double[] all = new double[to - from];
        for (int number = from; number < to; number++) {
            all[number - from] = commitMillis(number);
        }
        return all;
    }

    /** The mean milliseconds of each stage of some batches. */
    Map<String, Double> meanStages(int from, int to) {
        Map<String, Double> means = new LinkedHashMap<>();
        for (AppliedBatch batch : batches.subList(from, to)) {
            batch.stages().forEach((stage, time) -> means.merge(stage, millis(time) / (to - from), Double::sum));
        }
        return means;
    }

    /** The mean milliseconds between the ends of some batches in which none was applied: compaction, and Spark's own. */
    Map<String, Double> meanBetween(int from, int to) {
        double all = (doneNanos.get(to) - doneNanos.get(from)) / 1e6 / (to - from);
        double applying = meanStages(from, to).values().stream()
                .mapToDouble(Double::doubleValue)
                .sum();
        double compacting = compactedNanos.subList(from, to).stream()
                        .mapToLong(Long::longValue)
                        .sum()
                / 1e6
                / (to - from);
        Map<String, Double> between = new LinkedHashMap<>();
        between.put("compaction", compacting);
        between.put("Spark, between batches", all - applying - compacting);
        return between;
    }

    static double millis(Duration time) {
        return time.toNanos() / 1e6;
    }
}
