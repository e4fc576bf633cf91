package cdf.dashboard;

import cdf.change.CdfException;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.ObjLongConsumer;

import static java.util.Objects.requireNonNull;

/**
 * What an application tells the page, from any thread. Telling is cheap and never waits: changes go into a ring that the
 * page looks at a few times a second, and under load most are counted and never looked at.
 */
public final class PipelineFeed {
    /** More than a person reads in the quarter of a second until the ring is looked at again. */
    static final int RING = 256;

    private final AtomicReferenceArray<@Nullable Numbered> ring = new AtomicReferenceArray<>(RING);
    private final AtomicLong reported = new AtomicLong();
    private final LongAdder skipped = new LongAdder();
    private final Map<Change.Kind, LongAdder> kinds = new EnumMap<>(Change.Kind.class);
    private final Queue<Consumer<PipelineListener>> events = new ConcurrentLinkedQueue<>();

    /** The number of the first change that no drain has seen; used by {@link #drain} alone. */
    private long drained;

    private final InstantSource clock;

    public PipelineFeed() {
        this(InstantSource.system());
    }

    PipelineFeed(InstantSource clock) {
        this.clock = clock;
        for (Change.Kind kind : Change.Kind.values()) {
            kinds.put(kind, new LongAdder());
        }
    }

    /** A change was read from the topic; call it in the order of the topic's partition. */
    public void change(Change change) {
        requireNonNull(kinds.get(change.kind())).increment();
        long number = reported.getAndIncrement();
        ring.accumulateAndGet((int) (number % RING), new Numbered(number, change), PipelineFeed::newer);
    }

    /** A thread that was held up must not put its change over one that came a whole round later. */
    private static Numbered newer(@Nullable Numbered there, Numbered added) {
        return there == null || there.number() < added.number() ? added : there;
    }

    /** So many records came into the topic that nobody looked at. */
    public void skipped(long records) {
        skipped.add(records);
    }

    /** So many of so many rows of the table have been read, to know where their keys lie. */
    public void indexing(long rows, long of) {
        tell((listener, at) -> listener.indexing(at, rows, of));
    }

    /** Applying begins, or begins again, at these positions: of each topic partition, the offset of the next record. */
    public void started(Map<Integer, Long> positions) {
        Map<Integer, Long> copy = Map.copyOf(positions);
        tell((listener, at) -> listener.started(at, copy));
    }

    /** A micro-batch is in the table. */
    public void committed(Batch batch) {
        tell((listener, at) -> listener.committed(at, batch));
    }

    /** So many files of the table were merged, with so many rows. */
    public void compacted(int files, long rows, Duration time) {
        tell((listener, at) -> listener.compacted(at, files, rows, time));
    }

    /**
     * The broker answers, and this is where the topic ends.
     *
     * @param endOffsets of each topic partition, the offset that its next record will have
     * @param oldestWaiting how long ago the oldest record was sent that is not in the table; zero if all are
     */
    public void measured(Map<Integer, Long> endOffsets, Duration oldestWaiting) {
        Map<Integer, Long> copy = Map.copyOf(endOffsets);
        tell((listener, at) -> listener.measured(at, copy, oldestWaiting));
    }

    /** The broker answers, and has no such topic. */
    public void topicMissing() {
        tell(PipelineListener::topicMissing);
    }

    /** The broker does not tell where the topic ends, for this reason. */
    public void brokerAway(String problem) {
        tell((listener, at) -> listener.brokerAway(at, problem));
    }

    /** Applying has ended because it was asked to. */
    public void ended() {
        tell(PipelineListener::ended);
    }

    /** Applying has ended because it could not go on. */
    public void failed(RuntimeException failure) {
        CdfException told = CdfException.of(failure);
        tell((listener, at) -> listener.failed(at, told.problem(), told.hint()));
    }

    void verifying() {
        tell(PipelineListener::verifying);
    }

    /** A verification is done. */
    public void verified(Verdict verdict) {
        tell((listener, at) -> listener.verified(at, verdict));
    }

    /** A verification could not tell. */
    public void notVerified(String problem) {
        tell((listener, at) -> listener.notVerified(at, problem));
    }

    private void tell(ObjLongConsumer<PipelineListener> event) {
        long atMillis = nowMillis();
        events.add(listener -> event.accept(listener, atMillis));
    }

    /** The time by which all of this goes, in milliseconds since 1970. */
    long nowMillis() {
        return clock.millis();
    }

    /** What has come since the last call. One thread calls this. */
    Drained drain() {
        List<Consumer<PipelineListener>> happened = new ArrayList<>();
        for (Consumer<PipelineListener> event = events.poll(); event != null; event = events.poll()) {
            happened.add(event);
        }
        long end = reported.get();
        List<Numbered> changes = new ArrayList<>();
        for (long number = Math.max(drained, end - RING); number < end; number++) {
            Numbered found = ring.getAcquire((int) (number % RING));
            if (found == null || found.number() < number) {
                end = number; // its thread has the number, but has not put it there yet
            } else if (found.number() == number) {
                changes.add(found);
            }
        }
        drained = end;
        Map<Change.Kind, Long> counts = new EnumMap<>(Change.Kind.class);
        kinds.forEach((kind, count) -> counts.put(kind, count.sum()));
        return new Drained(happened, changes, end, skipped.sum(), counts);
    }

    /** A change, and how many were reported before it. */
    record Numbered(long number, Change change) {}

    /**
     * What came since the last time.
     *
     * @param events each tells a listener what happened
     * @param changes the newest changes; the others are only counted
     * @param reported how many changes were reported in all
     * @param skipped how many records nobody looked at, in all
     * @param kinds how many changes of each kind, in all
     */
    record Drained(
            List<Consumer<PipelineListener>> events,
            List<Numbered> changes,
            long reported,
            long skipped,
            Map<Change.Kind, Long> kinds) {}
}
