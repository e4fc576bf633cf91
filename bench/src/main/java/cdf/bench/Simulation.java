package cdf.bench;

import cdf.change.CdfException;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import cdf.generator.EventFormat;
import cdf.generator.Fault;
import cdf.generator.Faults;
import cdf.generator.Mix;
import cdf.generator.WorkloadSettings;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplySettings;
import cdf.lake.ApplyStep;
import cdf.lake.Sequencing;
import cdf.producer.GenerateSettings;
import cdf.producer.Generation;
import cdf.producer.Pace;
import cdf.verify.Verdict;
import cdf.verify.Verification;
import cdf.verify.VerifySettings;
import io.delta.tables.DeltaTable;
import org.apache.hadoop.fs.FileUtil;
import org.apache.spark.sql.SparkSession;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/**
 * One history, all of it drawn from a seed: a workload with faults, and appliers that take batches of different sizes, die at
 * any step of theirs, lose their checkpoint, meet a second one, or find the table rearranged by somebody else. At the end
 * the table must be right by every check that {@code cdf verify} has.
 *
 * <p>An applier dies by an exception in its thread: what it had in memory is gone, and nothing is cleaned up. Processes that
 * are killed are the matter of {@link KillHarness}.
 */
final class Simulation {
    private static final TableSchema USERS = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");

    private static final int SMALLEST_BATCH = 5;

    /** What can be done to a table that a verification must find. */
    enum Sabotage {
        /** The table does not have what an event did. */
        LOST_EVENT,
        /** Some events are applied a second time. */
        DOUBLED_EVENT,
        /** A row goes that is not the one that comes anew. */
        WRONG_PRE_IMAGE,
        /** The table says that it has more of the topic than it has. */
        POSITION_AHEAD
    }

    /**
     * What came of it.
     *
     * @param deaths how many appliers died
     * @param compactions how often files were merged
     */
    record Outcome(long events, int runs, int deaths, int compactions, int secondAppliers, Verdict verdict) {}

    private final SparkSession spark;
    private final Topics topics;
    private final Path directory;
    private final String topic;
    private final SplittableRandom random;
    private final Path checkpoint;
    private final Path ledger;
    private int runs;
    private int deaths;
    private int compactions;
    private int secondAppliers;

    /** @param directory where all that it needs goes; an empty one */
    Simulation(SparkSession spark, Topics topics, Path directory, String topic, long seed) {
        this.spark = spark;
        this.topics = topics;
        this.directory = directory;
        this.topic = topic;
        this.random = new SplittableRandom(seed);
        this.checkpoint = directory.resolve("checkpoint");
        this.ledger = directory.resolve("ledger");
    }

    /** Runs the history, with a sabotage if there is one, and verifies the table. */
    Outcome run(Optional<Sabotage> sabotage) {
        int partitions = 1 + random.nextInt(4);
        topics.ensure(topic, partitions);
        boolean sequenced = random.nextBoolean();
        int events = 50 + random.nextInt(sabotage.isPresent() ? 100 : 350);
        generate(events, sequenced, sabotage.isPresent());
        Optional<Sequencing> sequencing = sequenced
                ? Optional.of(new Sequencing(SequencePath.parse("source.lsn"), Sequencing.DEFAULT_TOMBSTONE_RETENTION))
                : Optional.empty();
        // Positions are moved where there is more to come: else the applier itself sees that they are wrong.
        sabotage.filter(bad -> bad == Sabotage.DOUBLED_EVENT || bad == Sabotage.POSITION_AHEAD)
                .ifPresent(bad -> {
                    apply(sequencing, SMALLEST_BATCH + random.nextInt(20), new Death.Time(ApplyStep.COMMITTED, 0));
                    Saboteur.movePositions(
                            spark, table(), topic, topics.endOffsets(topic), bad == Sabotage.POSITION_AHEAD);
                });
        int disturbances = random.nextInt(5);
        for (int run = 0; run < disturbances; run++) {
            disturbed(sequencing);
        }
        apply(sequencing, SMALLEST_BATCH + random.nextInt(500), Death.never());
        sabotage.ifPresent(bad -> {
            switch (bad) {
                case LOST_EVENT -> Saboteur.loseARow(spark, table());
                case WRONG_PRE_IMAGE -> Saboteur.takeAnotherRow(spark, table());
                case DOUBLED_EVENT, POSITION_AHEAD -> {}
            }
        });
        return new Outcome(events, runs, deaths, compactions, secondAppliers, verify());
    }

    /** @param manyRows whether there must be rows at the end */
    private void generate(int events, boolean sequenced, boolean manyRows) {
        Map<Fault, Double> rates = new EnumMap<>(Fault.class);
        for (Fault fault : Fault.values()) {
            if (random.nextInt(3) == 0) {
                rates.put(fault, random.nextDouble() * 0.2);
            }
        }
        EventFormat[] formats = EventFormat.values();
        EventFormat format = formats[random.nextInt(formats.length)];
        var unused = new Generation(
                        new GenerateSettings(
                                new WorkloadSettings(
                                        random.nextLong(),
                                        (manyRows ? 20 : 1) + random.nextInt(100),
                                        manyRows
                                                ? Mix.DEFAULT
                                                : new Mix(
                                                        random.nextInt(50), random.nextInt(50), 1 + random.nextInt(50)),
                                        1,
                                        1000,
                                        random.nextInt(2)),
                                events,
                                new Pace(0),
                                sequenced && format == EventFormat.PLAIN ? EventFormat.DEBEZIUM : format,
                                random.nextBoolean(),
                                new Faults(rates),
                                Optional.of(ledger),
                                Optional.empty()),
                        topics.connection(),
                        topic,
                        Benchmarks.silentTerminal())
                .run();
    }

    /** One run that does not come to its end as it should, or what else may happen between two. */
    private void disturbed(Optional<Sequencing> sequencing) {
        switch (random.nextInt(8)) {
            case 0 -> {
                boolean unused = FileUtil.fullyDelete(checkpoint.toFile());
            }
            case 1 -> optimize();
            case 2 -> withASecondApplier(sequencing);
            default -> {
                ApplyStep[] steps = ApplyStep.values();
                ApplyStep step = steps[random.nextInt(steps.length)];
                apply(sequencing, SMALLEST_BATCH + random.nextInt(60), new Death.Time(step, random.nextInt(6)));
            }
        }
    }

    /** Somebody else merges the table's files. */
    private void optimize() {
        if (DeltaTable.isDeltaTable(spark, table())) {
            var unused = DeltaTable.forPath(spark, table()).optimize().executeCompaction();
        }
    }

    /** Two at the same time: one of them may fail, and says then that there is another. */
    private void withASecondApplier(Optional<Sequencing> sequencing) {
        secondAppliers++;
        int batch = SMALLEST_BATCH + random.nextInt(60);
        List<CompletableFuture<Integer>> both = new ArrayList<>();
        for (int applier = 0; applier < 2; applier++) {
            both.add(CompletableFuture.supplyAsync(() -> merges(sequencing, Optional.empty(), batch, Death.never())));
        }
        int failed = 0;
        for (CompletableFuture<Integer> applier : both) {
            runs++;
            try {
                compactions += applier.join();
            } catch (CompletionException failure) {
                if (!(failure.getCause() instanceof CdfException known)
                        || !known.problem().contains("somebody else")) {
                    throw failure;
                }
                failed++;
            }
        }
        if (failed == both.size()) {
            throw new IllegalStateException("of two appliers both failed");
        }
    }

    private void apply(Optional<Sequencing> sequencing, int batchEvents, Death.Time death) {
        runs++;
        try {
            compactions += merges(sequencing, Optional.of(checkpoint.toString()), batchEvents, death);
        } catch (Death died) {
            deaths++;
        }
    }

    /** Applies what there is; says how often files were merged. */
    private int merges(
            Optional<Sequencing> sequencing, Optional<String> checkpointDirectory, int batchEvents, Death.Time death) {
        AppliedBatches batches = new AppliedBatches() {
            @Override
            public void onStep(ApplyStep step) {
                death.onStep(step);
            }
        };
        ApplySettings settings = new ApplySettings(
                topic, USERS, table(), checkpointDirectory, true, Duration.ZERO, batchEvents, sequencing);
        var unused = new Apply(topics, settings, batches).run(spark);
        return batches.compactions().size();
    }

    private Verdict verify() {
        return new Verification(
                        topics,
                        new VerifySettings(topic, table(), Optional.empty(), true, Optional.of(ledger)),
                        (what, done, of) -> {})
                .run();
    }

    private String table() {
        return directory.resolve("users").toString();
    }

    /** The end of an applier that nobody expects. */
    private static final class Death extends IllegalStateException {
        private static final long serialVersionUID = 1L;

        /** Comes when the applier has come to a step so many times. */
        static final class Time {
            private final ApplyStep step;
            private int left;

            Time(ApplyStep step, int left) {
                this.step = step;
                this.left = left;
            }

            void onStep(ApplyStep now) {
                if (now == step && left-- == 0) {
                    throw new Death();
                }
            }
        }

        static Time never() {
            return new Time(ApplyStep.COMMITTED, Integer.MAX_VALUE);
        }
    }
}
