package cdf.bench;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.cli.Cdf;
import cdf.postgres.CaptureSettings;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.EmbeddedPostgres;
import cdf.postgres.ReplicationSlot;
import cdf.postgres.TransferWorkload;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A database at work, {@code cdf capture} and {@code cdf apply}, each a process; at random moments one of the three is
 * killed, and started again. The capture begins beside an open transaction, and half-way one transaction alters the table and
 * adds many rows. In the end {@code cdf verify} holds the table to the topic and to the database itself.
 */
final class CrashHarness {
    private static final String PREFIX = "crash";
    private static final String TOPIC = TransferWorkload.ACCOUNTS.topic(PREFIX);
    private static final String SLOT = CaptureSettings.defaultName(PREFIX);
    private static final int ACCOUNTS = 300;
    private static final double CHANGES_PER_SECOND = 400;
    private static final int LONGEST_LIFE_MILLIS = 12_000;
    private static final long PATIENCE_SECONDS = 900;

    /** So many versions an apply makes at least, in every other of its lives. */
    private static final int COMMITS = 5;

    private static final Pattern VERSION = Pattern.compile("(\\d{20})\\.json");
    private static final Duration WAIT = Duration.ofMillis(20);

    /** Who is killed. */
    private enum Victim {
        CAPTURE,
        APPLY,
        POSTGRES
    }

    /**
     * What is tried.
     *
     * @param kills how often somebody is killed
     * @param largeTransaction how many rows one transaction adds half-way, and a column with them
     * @param programs of an installed PostgreSQL; that which Maven brought if there are none
     */
    record Trial(int kills, long seed, int largeTransaction, Optional<Path> programs) {}

    /**
     * What came of it.
     *
     * @param transactions how many the database committed
     * @param verified what {@code cdf verify} said, as JSON
     */
    record Outcome(long transactions, boolean equal, String verified) {}

    private final Path directory;
    private final Trial trial;
    private final SplittableRandom random;
    private final Consumer<String> progress;

    /**
     * Prepares to kill.
     *
     * @param directory where all that it needs goes; an empty one
     * @param progress is told of each kill
     */
    CrashHarness(Path directory, Trial trial, Consumer<String> progress) {
        this.directory = directory;
        this.trial = trial;
        this.random = new SplittableRandom(trial.seed());
        this.progress = progress;
    }

    /** Kills so often, and compares. */
    Outcome run() {
        try (EmbeddedBroker broker =
                        EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
                EmbeddedPostgres postgres = startPostgres()) {
            DatabaseAddress database = postgres.createDatabase("bank");
            TransferWorkload workload = new TransferWorkload(database, random.nextLong());
            workload.create(ACCOUNTS);
            CompletableFuture<Void> working = CompletableFuture.runAsync(() -> work(workload));
            CompletableFuture<Void> large = CompletableFuture.completedFuture(null);
            Process capture = captureBesideATransaction(broker, database);
            Process apply = apply(broker);
            long begun = newestVersion();
            try {
                for (int kill = 1; kill <= trial.kills(); kill++) {
                    if (kill == (trial.kills() + 1) / 2) {
                        large = CompletableFuture.runAsync(() -> transactLarge(database, workload));
                    }
                    // The moments are what is tried: they must not be those at which something is known to have
                    // happened.
                    LockSupport.parkNanos(Duration.ofMillis(random.nextInt(LONGEST_LIFE_MILLIS))
                            .toNanos());
                    Victim victim = Victim.values()[kill % Victim.values().length];
                    if (victim == Victim.APPLY && kill % 2 == 1) {
                        awaitCommits(apply, begun);
                    }
                    progress.accept("kill " + kill + " of " + trial.kills() + ": " + victim);
                    switch (victim) {
                        case CAPTURE -> {
                            kill(capture, "capture");
                            capture = capture(broker, database);
                        }
                        case APPLY -> {
                            kill(apply, "apply");
                            begun = newestVersion();
                            apply = apply(broker);
                        }
                        case POSTGRES -> {
                            postgres.kill();
                            postgres.restart();
                            if (!capture.isAlive()) {
                                kill(capture, "capture");
                                capture = capture(broker, database);
                            }
                        }
                    }
                }
                large.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
                workload.stop();
                working.join();
                kill(apply, "apply");
                if (!capture.isAlive()) {
                    kill(capture, "capture");
                    capture = capture(broker, database);
                }
                return prove(workload.transactions(), broker, database);
            } finally {
                workload.stop();
                capture.destroyForcibly();
                apply.destroyForcibly();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        } catch (SQLException | ExecutionException | TimeoutException failure) {
            throw new IllegalStateException(failure);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while it kills", interrupted);
        }
    }

    private EmbeddedPostgres startPostgres() {
        Path data = directory.resolve("postgres");
        return trial.programs()
                .map(programs -> EmbeddedPostgres.start(programs, data, Map.of()))
                .orElseGet(() -> EmbeddedPostgres.start(data));
    }

    /** Starts a capture while a transaction is open, which changes a row that is in the snapshot. */
    private Process captureBesideATransaction(EmbeddedBroker broker, DatabaseAddress database)
            throws IOException, SQLException {
        try (Connection connection = database.connect();
                Statement statement = connection.createStatement()) {
            connection.setAutoCommit(false);
            statement.execute("UPDATE accounts SET name = 'changed in an open transaction' WHERE id = 1");
            Process capture = capture(broker, database);
            while (ReplicationSlot.find(connection, SLOT).isEmpty()) {
                if (!capture.isAlive()) {
                    throw failed("capture ended by itself with " + capture.exitValue(), "capture");
                }
                LockSupport.parkNanos(WAIT.toNanos());
            }
            connection.commit();
            return capture;
        }
    }

    /** Alters the table and adds many rows to it, in one transaction, however often the database dies under it. */
    private void transactLarge(DatabaseAddress database, TransferWorkload workload) {
        while (!workload.stopped()) {
            try (Connection connection = database.connect();
                    Statement statement = connection.createStatement()) {
                connection.setAutoCommit(false);
                // It may be there already: who is killed cannot say that it had committed.
                statement.execute("ALTER TABLE accounts ADD COLUMN IF NOT EXISTS branch int");
                statement.execute(
                        "INSERT INTO accounts SELECT -id, 'branch account', 0, id % 100 FROM generate_series(1, "
                                + trial.largeTransaction() + ") AS id ON CONFLICT DO NOTHING");
                connection.commit();
                return;
            } catch (CdfException | SQLException databaseAway) {
                LockSupport.parkNanos(WAIT.toNanos());
            }
        }
    }

    private Outcome prove(long transactions, EmbeddedBroker broker, DatabaseAddress database) throws IOException {
        progress.accept("all that is committed comes to the table");
        ReplicationSlot.awaitCaptured(database, SLOT, waiting -> {});
        Process rest = start("apply-rest", Map.of(), applying(broker, "--once"));
        if (waitFor(rest) != 0) {
            throw failed("apply --once failed", "apply-rest");
        }
        progress.accept("cdf verify compares");
        Process verify = start(
                "verify",
                password(database),
                List.of(
                        "verify",
                        "--bootstrap-server=" + broker.bootstrapServer(),
                        "--topic=" + TOPIC,
                        "--table=" + table(),
                        "--feed",
                        "--conserved-sum=" + TransferWorkload.BALANCE,
                        "--database=" + database,
                        "-o",
                        "json"));
        int exitCode = waitFor(verify);
        List<String> said = Files.readAllLines(log("verify"));
        if (said.isEmpty()) {
            throw failed("verify ended with " + exitCode, "verify");
        }
        return new Outcome(transactions, exitCode == 0, said.get(said.size() - 1));
    }

    /** Works as long as there is a database, and waits for it when there is none. */
    private static void work(TransferWorkload workload) {
        while (!workload.stopped()) {
            try {
                workload.run(0, CHANGES_PER_SECOND);
            } catch (CdfException databaseAway) {
                LockSupport.parkNanos(WAIT.toNanos());
            }
        }
    }

    private Process capture(EmbeddedBroker broker, DatabaseAddress database) throws IOException {
        return start(
                "capture",
                password(database),
                List.of(
                        "capture",
                        "--bootstrap-server=" + broker.bootstrapServer(),
                        "--database=" + database,
                        "--tables=" + TransferWorkload.ACCOUNTS,
                        "--topic-prefix=" + PREFIX));
    }

    private Process apply(EmbeddedBroker broker) throws IOException {
        return start("apply", Map.of(), applying(broker));
    }

    private List<String> applying(EmbeddedBroker broker, String... more) {
        List<String> arguments = new ArrayList<>(List.of(
                "apply",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + TOPIC,
                "--table=" + table(),
                "--sequence-by=source.lsn",
                "--trigger=0"));
        arguments.addAll(List.of(more));
        return arguments;
    }

    /** Waits until an apply has made some versions: it shall be killed at work, too, and not only as it starts. */
    private void awaitCommits(Process apply, long begun) throws IOException {
        long wanted = begun + COMMITS;
        long deadlineNanos =
                System.nanoTime() + Duration.ofSeconds(PATIENCE_SECONDS).toNanos();
        while (newestVersion() < wanted) {
            if (!apply.isAlive() || System.nanoTime() - deadlineNanos > 0) {
                throw failed("apply commits nothing", "apply");
            }
            LockSupport.parkNanos(WAIT.toNanos());
        }
    }

    /** The table's newest version, by the names of its log's files; -1 if there is none. */
    private long newestVersion() throws IOException {
        Path log = table().resolve("_delta_log");
        if (!Files.exists(log)) {
            return -1;
        }
        try (Stream<Path> files = Files.list(log)) {
            return files.map(file -> VERSION.matcher(file.getFileName().toString()))
                    .filter(Matcher::matches)
                    .mapToLong(version -> Long.parseLong(version.group(1)))
                    .max()
                    .orElse(-1);
        }
    }

    private static Map<String, String> password(DatabaseAddress database) {
        return Map.of("PGPASSWORD", database.password().orElseThrow());
    }

    private Path table() {
        return directory.resolve("accounts");
    }

    private Path log(String name) {
        return directory.resolve(name + ".log");
    }

    /** Kills a process, which must not have ended by itself, except that it found no database when it started. */
    private void kill(Process process, String name) {
        if (!process.isAlive() && process.exitValue() != ExitCode.BROKER_UNREACHABLE.code()) {
            throw failed(name + " ended by itself with " + process.exitValue(), name);
        }
        process.destroyForcibly();
        waitFor(process);
    }

    private IllegalStateException failed(String how, String name) {
        try {
            return new IllegalStateException(how + "; it said:\n" + Files.readString(log(name)));
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private static int waitFor(Process process) {
        try {
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                throw new IllegalStateException("a process does not end: " + process.info());
            }
            return process.exitValue();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a process ends", interrupted);
        }
    }

    /** Starts cdf. It is killed soon: the JVM need not compile much. */
    private Process start(String name, Map<String, String> environment, List<String> arguments) throws IOException {
        List<String> command = Benchmarks.java();
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xlog:disable", "-cp"));
        command.add(System.getProperty("java.class.path"));
        command.add(Cdf.class.getName());
        command.addAll(arguments);
        ProcessBuilder builder = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(log(name).toFile()));
        builder.environment().putAll(environment);
        return builder.start();
    }
}
