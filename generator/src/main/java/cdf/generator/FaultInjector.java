package cdf.generator;

import cdf.change.Operation;
import cdf.generator.MalformedRecords.MalformedRecord;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.UUID;

/**
 * Turns the changes of a workload into records, and puts faults in between. Each kind of fault is drawn from the seed in
 * a sequence of its own, so that asking for one more leaves the others where they are. Not thread-safe.
 */
public final class FaultInjector {
    /** A late duplicate comes after one to so many other events. */
    static final int LATEST = 1_000;

    private final Faults faults;
    private final EventWriter writer;
    private final boolean tombstones;
    private final UnusualKeys keys;
    private final MalformedRecords malformed;
    private final Map<Fault, SplitMix64> draws = new EnumMap<>(Fault.class);

    private final PriorityQueue<Late> late = new PriorityQueue<>(
            Comparator.<Late>comparingLong(each -> each.due).thenComparingLong(each -> each.number));
    /** Of each row with late duplicates that are still to come, the number of its newest change. */
    private final Map<UUID, Newest> newest = new HashMap<>();

    /** @param tombstones whether a delete is followed by its key with a null value */
    public FaultInjector(Faults faults, long seed, EventFormat format, boolean tombstones) {
        this.faults = faults;
        this.tombstones = tombstones;
        keys = faults.keys();
        writer = new EventWriter(format, keys);
        malformed = new MalformedRecords(seed, faults.rate(Fault.MALFORMED));
        for (Fault fault : Fault.values()) {
            draws.put(fault, new SplitMix64(SplitMix64.mix(seed + fault.name().hashCode()) ^ seed));
        }
    }

    /**
     * The records that a change brings, in the order in which to send them.
     *
     * @param changesToCome how many changes there will be after this one, at least; an event that has none after it is
     *     never sent again late
     */
    public List<FaultyRecord> records(Change change, long timestampMillis, long changesToCome) {
        newest.computeIfPresent(change.id(), (id, known) -> new Newest(change.number(), known.pending));
        List<FaultyRecord> records = new ArrayList<>();
        FaultyRecord event = event(change, timestampMillis);
        records.add(event);
        if (strikes(Fault.DUPLICATE)) {
            records.add(event.with(new Injected.OfRow(Fault.DUPLICATE, keys.id(change.id()))));
        }
        if (tombstones && change.operation() == Operation.DELETE) {
            records.add(keyed(change, new FaultyRecord(event.key(), null, List.of())));
        }
        if (changesToCome > 0 && strikes(Fault.LATE_DUPLICATE)) {
            postpone(change, event, Math.min(changesToCome, LATEST));
        }
        addLate(change.number(), records);
        if (malformed.strikes()) {
            MalformedRecord next = malformed.next();
            records.add(new FaultyRecord(next.key(), next.value(), List.of(new Injected.Malformed(next.kind()))));
        }
        return records;
    }

    private boolean strikes(Fault fault) {
        return draw(fault).strikes(faults.rate(fault));
    }

    private SplitMix64 draw(Fault fault) {
        SplitMix64 draw = draws.get(fault);
        if (draw == null) {
            throw new IllegalStateException("nothing to draw " + fault + " from");
        }
        return draw;
    }

    private FaultyRecord event(Change change, long timestampMillis) {
        boolean withoutBefore = (change.operation() == Operation.DELETE && strikes(Fault.DELETE_WITHOUT_BEFORE))
                || (change.operation() == Operation.UPDATE && strikes(Fault.UPDATE_WITHOUT_BEFORE));
        boolean extraFields = strikes(Fault.EXTRA_FIELDS);
        byte[] value = writer.value(change, timestampMillis, !withoutBefore, extraFields);
        FaultyRecord event = keyed(change, new FaultyRecord(writer.key(change), value, List.of()));
        if (withoutBefore) {
            Fault fault =
                    change.operation() == Operation.DELETE ? Fault.DELETE_WITHOUT_BEFORE : Fault.UPDATE_WITHOUT_BEFORE;
            event = event.with(new Injected.OfRow(fault, keys.id(change.id())));
        }
        return extraFields ? event.with(new Injected.OfRow(Fault.EXTRA_FIELDS, keys.id(change.id()))) : event;
    }

    private FaultyRecord keyed(Change change, FaultyRecord record) {
        return keys.kind(change.id())
                .map(kind -> record.with(new Injected.UnusualKey(keys.id(change.id()), kind)))
                .orElse(record);
    }

    private void postpone(Change change, FaultyRecord event, long latest) {
        long due = change.number() + draw(Fault.LATE_DUPLICATE).between(1, latest);
        late.add(new Late(due, change.number(), change.id(), event));
        newest.merge(
                change.id(), new Newest(change.number(), 1), (known, one) -> new Newest(one.number, known.pending + 1));
    }

    private void addLate(long now, List<FaultyRecord> records) {
        while (!late.isEmpty() && late.element().due <= now) {
            Late next = late.remove();
            Newest known = newest.get(next.row);
            if (known == null) {
                throw new IllegalStateException("nobody remembers row " + next.row);
            }
            newest.computeIfPresent(
                    next.row, (id, each) -> each.pending == 1 ? null : new Newest(each.number, each.pending - 1));
            records.add(next.event.with(new Injected.LateDuplicate(keys.id(next.row), known.number > next.number)));
        }
    }

    /**
     * An event to send once more.
     *
     * @param due the number of the change to send it after
     * @param number the number of its own change
     */
    private record Late(long due, long number, UUID row, FaultyRecord event) {}

    /**
     * @param number the number of the row's newest change
     * @param pending how many events of the row are to be sent once more
     */
    private record Newest(long number, int pending) {}
}
