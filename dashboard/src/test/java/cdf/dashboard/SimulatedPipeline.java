package cdf.dashboard;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.Row;
import cdf.change.Value;
import cdf.dashboard.Batch.Counts;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.UUID;

/**
 * A pipeline by hand, with a clock that runs from where it was put: changes of users, a commit each half second,
 * now and then a dead letter and a compaction.
 */
final class SimulatedPipeline implements InstantSource {
    static final PipelineNames NAMES = new PipelineNames("localhost:9092", "r023hf", "/data/users");
    static final long STEP_MILLIS = 250;
    private static final int PARTITIONS = 4;
    private static final String[] GIVEN = {
        "Björn", "Zoë", "Renée", "Łukasz", "Liam", "Mei", "Aïcha", "Noor", "José", "Ida"
    };
    private static final String[] FAMILY = {
        "Kaya", "Nguyễn", "Fernández", "Þórsson", "O'Neill", "Çelik", "Müller", "Sato"
    };

    final PipelineFeed feed = new PipelineFeed(this);
    private final SplittableRandom random;
    private final Map<Integer, Long> ends = new HashMap<>();
    private final Map<Integer, Long> positions = new HashMap<>();
    private final List<Row> users = new ArrayList<>();
    private final List<DeadLetter> rejected = new ArrayList<>();
    private long offsetMillis;
    private long uncommitted;
    private long rows;
    private long version;
    private long steps;

    SimulatedPipeline(long seed) {
        random = new SplittableRandom(seed);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            ends.put(partition, 0L);
            positions.put(partition, 0L);
        }
    }

    @Override
    public Instant instant() {
        return Instant.now().plusMillis(offsetMillis);
    }

    void passTime(Duration time) {
        offsetMillis += time.toMillis();
    }

    /** Goes on by a quarter of a second, without waiting: so many changes, and each second time a commit. */
    void step(int changes) {
        steps++;
        for (int change = 0; change < changes; change++) {
            change();
        }
        measure();
        if (steps % 2 == 0) {
            commit();
        }
        if (steps % 260 == 0) {
            feed.compacted(40, rows, Duration.ofMillis(180 + random.nextInt(80)));
        }
    }

    void start() {
        feed.started(positions);
        measure();
    }

    void measure() {
        feed.measured(ends, uncommitted == 0 ? Duration.ZERO : Duration.ofMillis(180 + random.nextInt(420)));
    }

    /** A change of a random user. */
    void change() {
        int dice = random.nextInt(100);
        if (users.isEmpty() || dice < 40) {
            Row created = row(
                    UUID.nameUUIDFromBytes(Long.toString(random.nextLong()).getBytes(StandardCharsets.UTF_8))
                            .toString(),
                    name(),
                    balance());
            users.add(created);
            rows++;
            say(new Decoded.Accepted(new ChangeEvent.RowCreated(millis(), created)), created);
            return;
        }
        int chosen = random.nextInt(users.size());
        Row before = users.get(chosen);
        if (dice < 80) {
            Row after = row(text(before, "id"), text(before, "name"), balance());
            users.set(chosen, after);
            say(new Decoded.Accepted(new ChangeEvent.RowUpdated(millis(), Optional.of(before), after)), after);
        } else {
            users.remove(chosen);
            rows--;
            say(new Decoded.Accepted(new ChangeEvent.RowDeleted(millis(), Optional.of(before))), before);
        }
    }

    /** A created row with this name. */
    void create(String id, String name) {
        Row created = row(id, name, 1);
        rows++;
        say(new Decoded.Accepted(new ChangeEvent.RowCreated(millis(), created)), created);
    }

    /** An event that cannot be read. */
    void reject(String reason, Optional<String> column, byte[] value) {
        int partition = random.nextInt(PARTITIONS);
        long offset = ends.merge(partition, 1L, Long::sum) - 1;
        feed.change(new Change(partition, offset, millis(), Optional.of("k"), new Decoded.Rejected(reason)));
        rejected.add(new DeadLetter(
                partition, offset, millis(), reason, column, "k".getBytes(StandardCharsets.UTF_8), value));
    }

    void commit() {
        positions.putAll(ends);
        Map<String, Duration> stages = new LinkedHashMap<>();
        stages.put("catch up", micros(900));
        stages.put("read, decode, write", micros(42_000 + random.nextInt(30_000)));
        stages.put("dead letters", micros(rejected.isEmpty() ? 1 : 60_000));
        stages.put("index", micros(1200 + random.nextInt(900)));
        stages.put("deletion vectors", micros(8_000 + random.nextInt(9_000)));
        stages.put("commit", micros(24_000 + random.nextInt(20_000)));
        Counts counts = new Counts(uncommitted + rejected.size(), uncommitted, 0, 0, rejected.size());
        feed.committed(new Batch(++version, rows, counts, positions, stages, rejected));
        uncommitted = 0;
        rejected.clear();
    }

    private void say(Decoded decoded, Row row) {
        int partition = Math.floorMod(text(row, "id").hashCode(), PARTITIONS);
        long offset = ends.merge(partition, 1L, Long::sum) - 1;
        uncommitted++;
        feed.change(
                new Change(partition, offset, millis() - random.nextInt(250), Optional.of(text(row, "id")), decoded));
    }

    private String name() {
        return GIVEN[random.nextInt(GIVEN.length)] + " " + FAMILY[random.nextInt(FAMILY.length)];
    }

    private int balance() {
        return 1 + random.nextInt(999);
    }

    private static Row row(String id, String name, int balance) {
        Map<String, Value> columns = new LinkedHashMap<>();
        columns.put("id", new Value.Text(id));
        columns.put("name", new Value.Text(name));
        columns.put("balance", new Value.Json(Integer.toString(balance)));
        return new Row(columns);
    }

    private static String text(Row row, String column) {
        return row.columns().getOrDefault(column, new Value.Null()).text();
    }

    private static Duration micros(long micros) {
        return Duration.ofNanos(micros * 1000);
    }
}
