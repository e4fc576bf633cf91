package cdf.bench;

import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.AppliedBatch;
import cdf.lake.Apply;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.ColumnSource;
import cdf.lake.LocalSpark;
import cdf.postgres.Capture;
import cdf.postgres.CaptureListener;
import cdf.postgres.CaptureSettings;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.EmbeddedPostgres;
import cdf.postgres.TableName;
import cdf.producer.CheckedCommand;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import org.HdrHistogram.Histogram;
import org.apache.hadoop.fs.FileUtil;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongConsumer;

/** {@code bench/capture}. */
@Command(
        name = "bench/capture",
        description =
                "From PostgreSQL to a committed version of the Delta table: rows a second of a snapshot and of a stream"
                        + " of small transactions, and the time from commit to commit; beside Debezium's embedded engine alone,"
                        + " which writes to nothing.",
        mixinStandardHelpOptions = true)
final class CaptureBenchmark implements CheckedCommand {
    private static final String ENGINE = "plain";
    private static final int UPDATES_A_SECOND = 500;
    private static final int WARM_UP_SECONDS = 10;
    private static final int ROUNDS = 3;

    @Option(
            names = "--rows",
            paramLabel = "N",
            defaultValue = "5000000",
            description = "The rows of the snapshot. Default: 5000000.")
    private int rows;

    @Option(
            names = "--changes",
            paramLabel = "N",
            defaultValue = "500000",
            description = "The changes of the stream, in transactions of two. Default: 500000.")
    private int changes;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "30",
            description = "How long to measure the time from commit to commit. Default: 30.")
    private int seconds;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private CaptureBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(CaptureBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return rows < 1 || changes < 2 || seconds < 1
                ? List.of("--rows, --changes, --seconds: at least 1, 2 and 1")
                : List.of();
    }

    @Override
    public ExitCode run() {
        Path directory = Benchmarks.temporaryDirectory("cdf-bench-capture-");
        try (BrokerProcess broker = BrokerProcess.start();
                EmbeddedPostgres postgres = EmbeddedPostgres.start(directory.resolve("postgres"));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
                LocalSpark spark = LocalSpark.startWithDelta()) {
            ApplyReport report = new ApplyReport(terminal.out());
            Run run = new Run(topics, spark, postgres.createDatabase("bench"), directory);
            // Both sides' code is compiled before anything counts.
            run.createTable("warm", rows / 20);
            run.plain("warm", rows / 20);
            run.pipeline("warm", rows / 20);
            snapshot(run, report);
            stream(run, report);
            latency(run, report);
            report.end();
            if (output.json()) {
                terminal.out().println(report.json());
            }
            return ExitCode.DONE;
        } finally {
            FileUtil.fullyDelete(directory.toFile());
        }
    }

    private void snapshot(Run run, ApplyReport report) {
        report.title("snapshot: %,d rows", rows);
        run.createTable("snapshot", rows);
        double plain = rows / seconds(run.plain("snapshot", rows));
        double pipeline = rows / seconds(run.pipeline("snapshot", rows));
        report.figure("plainSnapshotRowsPerSecond", plain);
        report.figure("snapshotRowsPerSecond", pipeline);
        report.figure("snapshotRatio", pipeline / plain);
    }

    private void stream(Run run, ApplyReport report) {
        report.title("stream: %,d changes, two a transaction, %d rounds", changes, ROUNDS);
        int few = 100_000;
        run.createTable("stream", few);
        run.plain("stream", few);
        run.pipeline("stream", few);
        double[] plain = new double[ROUNDS];
        double[] pipeline = new double[ROUNDS];
        for (int round = 0; round < ROUNDS; round++) {
            run.update("stream", few, changes);
            plain[round] = changes / seconds(run.plain("stream", changes));
            pipeline[round] = changes / seconds(run.pipeline("stream", few + (round + 1L) * changes));
            report.line(
                    "  round %d: plain engine %,.0f/s, to the table %,.0f/s", round + 1, plain[round], pipeline[round]);
        }
        report.figure("plainChangesPerSecond", Benchmarks.median(plain));
        report.figure("changesPerSecond", Benchmarks.median(pipeline));
        report.figure("ratio", Benchmarks.median(pipeline) / Benchmarks.median(plain));
    }

    private void latency(Run run, ApplyReport report) {
        report.title("commit to visible, %d updates a second for %d s", UPDATES_A_SECOND, seconds);
        run.createTable("latency", 10_000);
        run.plain("latency", 10_000);
        run.pipeline("latency", 10_000);
        Histogram pipeline = run.latency(seconds);
        report.figure("visibleP50Millis", pipeline.getValueAtPercentile(50) / 1e3);
        report.figure("visibleP99Millis", pipeline.getValueAtPercentile(99) / 1e3);
        Histogram plain = run.plainLatency(seconds);
        report.figure("plainP50Millis", plain.getValueAtPercentile(50) / 1e3);
        report.figure("plainP99Millis", plain.getValueAtPercentile(99) / 1e3);
    }

    private static double seconds(Duration time) {
        return time.toNanos() / 1e9;
    }

    /** The two sides on one database. */
    private record Run(Topics topics, LocalSpark spark, DatabaseAddress database, Path directory) {
        void createTable(String table, int rows) {
            execute(
                    "CREATE TABLE " + table + " (id bigint PRIMARY KEY, name text NOT NULL, balance bigint NOT NULL)",
                    "INSERT INTO " + table + " SELECT id, 'account ' || id, id % 1000 FROM generate_series(1, " + rows
                            + ") AS id");
        }

        /** Changes rows in transactions of two updates, made in the server: how fast they are made is not measured. */
        void update(String table, int rows, int changes) {
            execute(
                    "SET synchronous_commit TO off",
                    "DO $$ BEGIN FOR i IN 1.." + changes / 2
                            + " LOOP UPDATE " + table
                            + " SET balance = balance + 1 WHERE id = 1 + (i * 7919::bigint) % " + rows
                            + "; UPDATE " + table + " SET balance = balance - 1 WHERE id = 1 + (i * 104729::bigint) % "
                            + rows
                            + "; COMMIT; END LOOP; END $$",
                    "CHECKPOINT");
        }

        /** Until the engine has had so many events; it goes on where it stopped, and begins with a snapshot. */
        Duration plain(String table, long events) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            long beginNanos = System.nanoTime();
            try (PlainEngine engine = plainEngine(table, count -> {
                if (count >= events) {
                    done.complete(null);
                }
            })) {
                engine.await(done);
                return Duration.ofNanos(System.nanoTime() - beginNanos);
            }
        }

        private PlainEngine plainEngine(String table, LongConsumer onEvents) {
            return new PlainEngine(
                    database, "public." + table, ENGINE + "_" + table, directory.resolve(table + "-offsets"), onEvents);
        }

        /** Until the table has so many events of the topic; it goes on where it stopped, and begins with a snapshot. */
        Duration pipeline(String table, long events) {
            CompletableFuture<Void> done = new CompletableFuture<>();
            long beginNanos = System.nanoTime();
            try (Pipeline running = new Pipeline(this, table, position -> {
                if (position >= events) {
                    done.complete(null);
                }
            })) {
                running.await(done);
                return Duration.ofNanos(System.nanoTime() - beginNanos);
            }
        }

        /** From the commit of an update to that of the table, in microseconds. */
        Histogram latency(int seconds) {
            Commits commits = new Commits(seconds);
            try (Pipeline running = new Pipeline(this, "latency", position -> commits.visible(position - 10_000))) {
                commits.make(database);
                running.await(commits.allVisible);
            }
            return commits.micros;
        }

        /** From the commit of an update to its arrival in the engine's consumer, in microseconds. */
        Histogram plainLatency(int seconds) {
            Commits commits = new Commits(seconds);
            // The updates of the other side's turn come first.
            try (PlainEngine engine = plainEngine("latency", count -> commits.visible(count - commits.all))) {
                commits.make(database);
                engine.await(commits.allVisible);
            }
            return commits.micros;
        }

        void execute(String... statements) {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                for (String sql : statements) {
                    statement.execute(sql);
                }
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }
    }

    /** A capture of a table and an apply of its topic, which run. */
    private static final class Pipeline implements AutoCloseable {
        private final Capture capture;
        private final Apply apply;
        private final CompletableFuture<Void> capturing;
        private final CompletableFuture<Void> applying;

        Pipeline(Run run, String table, LongConsumer onPosition) {
            CaptureSettings settings =
                    new CaptureSettings(run.database(), List.of(new TableName("public", table)), table);
            capture = new Capture(run.topics().connection(), settings, new CaptureListener() {});
            apply = new Apply(
                    run.topics(),
                    new ApplySettings(
                            settings.topics().get(0),
                            new ColumnSource.Learned(ApplyBench.SCHEMA),
                            run.directory().resolve(table).toString(),
                            Optional.empty(),
                            false,
                            ApplySettings.DEFAULT_TRIGGER,
                            ApplySettings.DEFAULT_MAX_BATCH_EVENTS,
                            Optional.empty()),
                    new ApplyListener() {
                        @Override
                        public void onBatch(AppliedBatch batch) {
                            onPosition.accept(batch.positions().getOrDefault(0, 0L));
                        }
                    });
            capturing = CompletableFuture.runAsync(() -> {
                var unused = capture.run();
            });
            applying = CompletableFuture.runAsync(() -> {
                var unused = apply.run(run.spark().session());
            });
        }

        void await(CompletableFuture<?> reached) {
            CompletableFuture.anyOf(reached, capturing, applying).join();
            if (!reached.isDone()) {
                throw new IllegalStateException("the pipeline ended before its time");
            }
        }

        @Override
        public void close() {
            capture.stop();
            apply.stop();
            CompletableFuture.allOf(capturing, applying).join();
        }
    }

    /** Updates at a steady pace, each in a transaction of its own, and when each was committed and seen. */
    private static final class Commits {
        private final int all;
        private final AtomicLongArray committedNanos;
        private final Histogram micros = new Histogram(3);
        private final CompletableFuture<Void> allVisible = new CompletableFuture<>();
        private int visible;

        Commits(int seconds) {
            all = (WARM_UP_SECONDS + seconds) * UPDATES_A_SECOND;
            committedNanos = new AtomicLongArray(all);
        }

        void make(DatabaseAddress database) {
            SplittableRandom random = new SplittableRandom(1);
            try (Connection connection = database.connect();
                    PreparedStatement update =
                            connection.prepareStatement("UPDATE latency SET balance = balance + 1 WHERE id = ?")) {
                long beginNanos = System.nanoTime();
                for (int number = 0; number < all; number++) {
                    long due = beginNanos + number * (1_000_000_000L / UPDATES_A_SECOND);
                    while (System.nanoTime() < due) {
                        LockSupport.parkNanos(due - System.nanoTime());
                    }
                    update.setLong(1, 1 + random.nextInt(10_000));
                    update.executeUpdate();
                    committedNanos.set(number, System.nanoTime());
                }
            } catch (SQLException failure) {
                throw new IllegalStateException(failure);
            }
        }

        /** So many of the updates can be seen now; called by one thread. */
        void visible(long count) {
            long now = System.nanoTime();
            for (; visible < Math.min(count, all); visible++) {
                long committed = committedNanos.get(visible);
                if (visible >= WARM_UP_SECONDS * UPDATES_A_SECOND) {
                    // What is seen before the client hears of its commit took no time.
                    micros.recordValue(committed == 0 ? 0 : Math.max(0, (now - committed) / 1_000));
                }
            }
            if (visible == all) {
                allVisible.complete(null);
            }
        }
    }
}
