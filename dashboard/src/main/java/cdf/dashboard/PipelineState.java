package cdf.dashboard;

import cdf.dashboard.Batch.Counts;
import cdf.dashboard.PipelineFeed.Drained;
import cdf.dashboard.PipelineFeed.Numbered;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** What the page shows, added up from what the application told. Time is what the caller says. Not thread-safe. */
final class PipelineState implements PipelineListener {
    /** Ten minutes, a point a second. */
    private static final int POINTS = 600;

    /** Ten minutes of two commits a second. */
    private static final int BATCHES = 1200;

    private static final int CHANGES = 300;
    private static final int DEAD_LETTERS = 100;
    private static final int MARKS = 200;

    /** How many points a rate is taken over: a commit comes twice a second, and would make every other point jump. */
    private static final int RATE_POINTS = 3;

    /** The lag is a saw-tooth, from commit to commit: people want its upper edge. */
    private static final long LAG_WINDOW_MILLIS = 5_000;

    private record Lag(long atMillis, long events, long millis) {}

    /** The events that came and were taken in until a point. */
    private record Progress(long atMillis, double topic, long table) {}

    /** A commit, and when. */
    record CommittedBatch(long atMillis, Batch batch) {}

    /** What a tick added. */
    record News(
            List<Numbered> changes,
            List<CommittedBatch> batches,
            List<Mark> marks,
            List<DeadLetter> deadLetters,
            List<Point> points,
            List<Long> latenciesMillis) {}

    private final Latencies latencies = new Latencies();
    private final Reasons reasons = new Reasons();
    private final HealthJudge judge = new HealthJudge();

    private final Deque<Point> points = new ArrayDeque<>();
    private final Deque<Progress> progress = new ArrayDeque<>();
    private final Deque<CommittedBatch> batches = new ArrayDeque<>();
    private final Deque<Numbered> changes = new ArrayDeque<>();
    private final Deque<DeadLetter> deadLetters = new ArrayDeque<>();
    private final Deque<Mark> marks = new ArrayDeque<>();

    private final List<CommittedBatch> newBatches = new ArrayList<>();
    private final List<Mark> newMarks = new ArrayList<>();
    private final List<DeadLetter> newDeadLetters = new ArrayList<>();

    private final PipelineNames names;
    private final long runMillis;

    private Counts counts = Counts.NONE;
    private long rows;
    private long tableVersion = -1;
    private long compactions;
    private long restarts;
    private Map<Integer, Long> positions = Map.of();
    private @Nullable Map<Integer, Long> firstEndOffsets;
    private Map<Integer, Long> endOffsets = Map.of();
    private final Deque<Lag> lags = new ArrayDeque<>();
    private long reported;
    private long skipped;
    private Map<Change.Kind, Long> kinds = Map.of();
    private Verification verification;
    private Health health;
    private long nextPointMillis;

    /** @param verifiable whether a verification can be run from the page */
    PipelineState(PipelineNames names, boolean verifiable, long nowMillis) {
        this.names = names;
        this.runMillis = nowMillis;
        this.nextPointMillis = nowMillis;
        this.verification = new Verification(verifiable, false, Optional.empty());
        this.health = new Health(Health.State.STARTING, nowMillis, "Starting", "");
    }

    /** Takes in what came, and tells what is new. */
    News take(Drained drained, long nowMillis) {
        for (Consumer<PipelineListener> event : drained.events()) {
            event.accept(judge);
            event.accept(this);
        }
        for (Numbered change : drained.changes()) {
            latencies.saw(change.change());
        }
        latencies.settle(nowMillis);
        while (lags.size() > 1 && lags.getFirst().atMillis() < nowMillis - LAG_WINDOW_MILLIS) {
            lags.remove();
        }
        reported = drained.reported();
        skipped = drained.skipped();
        kinds = drained.kinds();
        keep(changes, drained.changes(), CHANGES);
        List<Point> newPoints = points(nowMillis);
        keep(points, newPoints, POINTS);
        health = judge.judge(nowMillis, this);
        News news = new News(
                drained.changes(),
                List.copyOf(newBatches),
                List.copyOf(newMarks),
                List.copyOf(newDeadLetters),
                newPoints,
                latencies.takeNew());
        newBatches.clear();
        newMarks.clear();
        newDeadLetters.clear();
        return news;
    }

    @Override
    public void started(long atMillis, Map<Integer, Long> from) {
        if (judge.startedBefore()) {
            restarts++;
            add(new Mark(atMillis, Mark.Kind.RESTART, "applying began again"));
        }
        positions = from;
        latencies.start(atMillis, positions);
    }

    @Override
    public void committed(long atMillis, Batch batch) {
        counts = counts.plus(batch.counts());
        rows = batch.rows();
        tableVersion = batch.tableVersion();
        positions = batch.positions();
        latencies.commit(atMillis, positions);
        CommittedBatch committed = new CommittedBatch(atMillis, batch);
        newBatches.add(committed);
        keep(batches, List.of(committed), BATCHES);
        batch.deadLetters().forEach(reasons::count);
        reasons.countUnknown(batch.counts().deadLettered() - batch.deadLetters().size());
        newDeadLetters.addAll(batch.deadLetters());
        keep(deadLetters, batch.deadLetters(), DEAD_LETTERS);
    }

    @Override
    public void compacted(long atMillis, int files, long rowsInThem, Duration time) {
        compactions++;
        String text = Texts.count(files, "file") + " with " + Texts.count(rowsInThem, "row") + " merged in "
                + Texts.duration(time);
        add(new Mark(atMillis, Mark.Kind.COMPACTION, text));
    }

    private void add(Mark mark) {
        newMarks.add(mark);
        keep(marks, List.of(mark), MARKS);
    }

    @Override
    public void measured(long atMillis, Map<Integer, Long> ends, Duration oldestWaiting) {
        if (firstEndOffsets == null) {
            firstEndOffsets = ends;
        }
        endOffsets = ends;
        // When the topic ends in offsets that have no event, such as the end of a transaction, none is waiting.
        long events = oldestWaiting.isZero() ? 0 : ahead(ends, positions);
        lags.add(new Lag(atMillis, events, oldestWaiting.toMillis()));
    }

    @Override
    public void ended(long atMillis) {
        while (lags.size() > 1) {
            lags.remove();
        }
    }

    @Override
    public void topicMissing(long atMillis) {
        if (firstEndOffsets == null) {
            firstEndOffsets = Map.of();
        }
    }

    @Override
    public void verifying(long atMillis) {
        verification = new Verification(verification.available(), true, verification.last());
    }

    @Override
    public void verified(long atMillis, Verdict verdict) {
        ended(new Verification.Outcome(atMillis, Optional.of(verdict), verdict.message()));
    }

    @Override
    public void notVerified(long atMillis, String problem) {
        ended(new Verification.Outcome(atMillis, Optional.empty(), problem));
    }

    private void ended(Verification.Outcome outcome) {
        verification = new Verification(verification.available(), false, Optional.of(outcome));
    }

    private List<Point> points(long nowMillis) {
        if (nowMillis < nextPointMillis) {
            return List.of();
        }
        nextPointMillis = nowMillis - nowMillis % 1000 + 1000;
        progress.add(new Progress(nowMillis, topicEvents(), counts.read()));
        if (progress.size() > RATE_POINTS + 1) {
            progress.remove();
        }
        return List.of(new Point(
                nowMillis, topicPerSecond(), tablePerSecond(), latencies.percentiles(), lagEvents(), lagMillis()));
    }

    private static <T> void keep(Deque<T> kept, List<T> added, int most) {
        kept.addAll(added);
        while (kept.size() > most) {
            kept.remove();
        }
    }

    /** The events that came into the topic since the page began to look; NaN before that. */
    double topicEvents() {
        return firstEndOffsets == null ? Double.NaN : (double) ahead(endOffsets, firstEndOffsets);
    }

    private static long ahead(Map<Integer, Long> ends, Map<Integer, Long> from) {
        return ends.entrySet().stream()
                .mapToLong(end -> Math.max(0, end.getValue() - from.getOrDefault(end.getKey(), 0L)))
                .sum();
    }

    double topicPerSecond() {
        return health.state() == Health.State.BROKER_AWAY
                ? Double.NaN
                : perSecond(progress.getLast().topic() - progress.getFirst().topic());
    }

    double tablePerSecond() {
        return perSecond(
                (double) (progress.getLast().table() - progress.getFirst().table()));
    }

    private double perSecond(double events) {
        long millis = progress.getLast().atMillis() - progress.getFirst().atMillis();
        return millis == 0 ? Double.NaN : Math.max(0, events) * 1000 / millis;
    }

    /** How many events of the topic were not in the table lately, at most; NaN until that is known. */
    double lagEvents() {
        return judge.started() ? lags.stream().mapToDouble(Lag::events).max().orElse(Double.NaN) : Double.NaN;
    }

    /** How long ago the oldest event was sent that was not in the table lately, at most; NaN until that is known. */
    double lagMillis() {
        return judge.started() ? lags.stream().mapToDouble(Lag::millis).max().orElse(Double.NaN) : Double.NaN;
    }

    /** How many events of the topic were not in the table when that was last measured. */
    long waiting() {
        return lags.isEmpty() ? 0 : lags.getLast().events();
    }

    Latencies.Percentiles latency() {
        return latencies.percentiles();
    }

    /** Whether there is anything in the topic, as far as is known. */
    boolean empty() {
        return endOffsets.values().stream().allMatch(end -> end == 0);
    }

    PipelineNames names() {
        return names;
    }

    /** What tells this run from another one at the same address. */
    long runMillis() {
        return runMillis;
    }

    Health health() {
        return health;
    }

    Counts counts() {
        return counts;
    }

    long rows() {
        return rows;
    }

    /** The table's version, -1 as long as it is not known. */
    long tableVersion() {
        return tableVersion;
    }

    long compactions() {
        return compactions;
    }

    long restarts() {
        return restarts;
    }

    long reported() {
        return reported;
    }

    long skipped() {
        return skipped;
    }

    Map<Change.Kind, Long> kinds() {
        return kinds;
    }

    Verification verification() {
        return verification;
    }

    List<Reasons.Count> reasons() {
        return reasons.counts();
    }

    /** All that is kept, oldest first, as if it were new. */
    News history() {
        return new News(
                List.copyOf(changes),
                List.copyOf(batches),
                List.copyOf(marks),
                List.copyOf(deadLetters),
                List.copyOf(points),
                List.of());
    }
}
