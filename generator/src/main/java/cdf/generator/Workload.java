package cdf.generator;

import cdf.generator.Change.Created;
import cdf.generator.Change.Deleted;
import cdf.generator.Change.Updated;
import org.jspecify.annotations.Nullable;

import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * An endless series of true changes to a table of users: an update or a delete is of a row that lives, and no id comes
 * twice.
 *
 * <p>The table starts empty. A mix with more creates than deletes makes it grow to the number of rows that was asked
 * for; with any other mix the workload begins with as many creates. From then on the table hovers around that number: at
 * it a drawn create becomes a delete, and, if the mix would let the table shrink, below it a drawn delete becomes a
 * create. Which row is updated or deleted is drawn, all alike or skewed.
 *
 * <p>Not thread-safe.
 */
public final class Workload {
    /** One update in so many gives the user another name, the others another balance. */
    private static final int UPDATES_PER_NEW_NAME = 10;

    private final WorkloadSettings settings;
    private final Mix mix;
    private final SplitMix64 random;
    private final RowIds ids;
    private final LiveRows rows = new LiveRows();
    /** Chooses the rows to change, if they are not all alike. */
    private final @Nullable ZipfSampler zipf;

    private boolean onlyCreates;
    private long changes;
    private long creates;

    public Workload(WorkloadSettings settings) {
        this.settings = settings;
        mix = settings.mix();
        random = new SplitMix64(settings.seed());
        ids = new RowIds(random.next());
        zipf = settings.skew() == 0 ? null : new ZipfSampler(settings.skew());
        onlyCreates = !mix.grows();
    }

    /** Makes the next change. */
    public Change next() {
        changes++;
        if (onlyCreates || rows.size() == 0) {
            return create();
        }
        long drawn = random.below(mix.total());
        if (drawn < mix.updates()) {
            return update();
        }
        boolean createDrawn = drawn < (long) mix.updates() + mix.creates();
        boolean create = rows.size() < settings.rows() && (createDrawn || !mix.grows());
        return create ? create() : delete();
    }

    /** The number of rows that live now. */
    public int size() {
        return rows.size();
    }

    /** The rows that live now, in no order: the table that the changes so far add up to. */
    public Stream<UserRow> rows() {
        return IntStream.range(0, rows.size()).mapToObj(this::row);
    }

    private Change create() {
        long number = creates++;
        int name = (int) random.below(Name.ALL.size());
        long balance = random.between(settings.minValue(), settings.maxValue());
        rows.add(number, name, balance);
        if (rows.size() >= settings.rows()) {
            onlyCreates = false;
        }
        return new Created(changes, new UserRow(ids.idOf(number), Name.ALL.get(name), balance));
    }

    private Change update() {
        int slot = randomSlot();
        UserRow before = row(slot);
        boolean newName = settings.minValue() == settings.maxValue() || random.below(UPDATES_PER_NEW_NAME) == 0;
        UserRow after = newName
                ? before.withName(Name.ALL.get((int) anotherThan(before.name().index(), 0, Name.ALL.size() - 1)))
                : before.withBalance(anotherThan(before.balance(), settings.minValue(), settings.maxValue()));
        rows.set(slot, rows.number(slot), after.name().index(), after.balance());
        return new Updated(changes, before, after);
    }

    private Change delete() {
        int slot = randomSlot();
        UserRow last = row(slot);
        rows.remove(slot);
        return new Deleted(changes, last);
    }

    private UserRow row(int slot) {
        return new UserRow(ids.idOf(rows.number(slot)), Name.ALL.get(rows.name(slot)), rows.balance(slot));
    }

    private int randomSlot() {
        return zipf == null ? (int) random.below(rows.size()) : zipf.sample(random, rows.size()) - 1;
    }

    /** A number from {@code min} to {@code max}, which are not the same, but not the given one of them. */
    private long anotherThan(long number, long min, long max) {
        long drawn = random.between(min, max - 1);
        return drawn < number ? drawn : drawn + 1;
    }
}
