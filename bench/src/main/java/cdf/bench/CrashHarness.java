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
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * A database at work, {@code cdf capture} and {@code cdf apply}, each a process; at random moments one of the three is
 * killed, and started again. In the end {@code cdf verify} holds the table to the topic and to the database itself.
 */
final class CrashHarness {
    private static final String PREFIX = "crash";
    private static final String TOPIC = TransferWorkload.ACCOUNTS.topic(PREFIX);
    private static final int ACCOUNTS = 300;
    private static final double CHANGES_PER_SECOND = 400;
    private static final int LONGEST_LIFE_MILLIS = 12_000;
    private static final long PATIENCE_SECONDS = 300;

    /** Who is killed. */
    private enum Victim {
        CAPTURE,
        APPLY,
        POSTGRES
    }

    /**
     * What came of it.
     *
     * @param transactions how many the database committed
     * @param verified what {@code cdf verify} said, as JSON
     */
    record Outcome(int rounds, long transactions, boolean equal, String verified) {}

    private final Path directory;
    private final SplittableRandom random;
    private final Consumer<String> progress;

    /**
     * Prepares to kill.
     *
     * @param directory where all that it needs goes; an empty one
     * @param progress is told of each kill
     */
    CrashHarness(Path directory, long seed, Consumer<String> progress) {
        this.directory = directory;
        this.random = new SplittableRandom(seed);
        this.progress = progress;
    }

    /** Kills so often. */
    Outcome run(int rounds) {
        try (EmbeddedBroker broker =
                        EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
                EmbeddedPostgres postgres = EmbeddedPostgres.start(directory.resolve("postgres"))) {
            DatabaseAddress database = postgres.createDatabase("bank");
            TransferWorkload workload = new TransferWorkload(database, random.nextLong());
            workload.create(ACCOUNTS);
            CompletableFuture<Void> working = CompletableFuture.runAsync(() -> work(workload));
            Process capture = capture(broker, database);
            Process apply = apply(broker);
            try {
                for (int round = 1; round <= rounds; round++) {
                    // The moments are what is tried: they must not be those at which something is known to have
                    // happened.
                    LockSupport.parkNanos(Duration.ofMillis(random.nextInt(LONGEST_LIFE_MILLIS))
                            .toNanos());
                    Victim victim = Victim.values()[round % Victim.values().length];
                    progress.accept("kill " + round + " of " + rounds + ": " + victim);
                    switch (victim) {
                        case CAPTURE -> {
                            kill(capture, "capture");
                            capture = capture(broker, database);
                        }
                        case APPLY -> {
                            kill(apply, "apply");
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
                workload.stop();
                working.join();
                kill(apply, "apply");
                if (!capture.isAlive()) {
                    kill(capture, "capture");
                    capture = capture(broker, database);
                }
                return prove(rounds, workload.transactions(), broker, database);
            } finally {
                workload.stop();
                capture.destroyForcibly();
                apply.destroyForcibly();
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Outcome prove(int rounds, long transactions, EmbeddedBroker broker, DatabaseAddress database)
            throws IOException {
        progress.accept("all that is committed comes to the table");
        ReplicationSlot.awaitCaptured(database, CaptureSettings.defaultName(PREFIX), waiting -> {});
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
        return new Outcome(rounds, transactions, exitCode == 0, said.get(said.size() - 1));
    }

    /** Works as long as there is a database, and waits for it when there is none. */
    private static void work(TransferWorkload workload) {
        while (!workload.stopped()) {
            try {
                workload.run(0, CHANGES_PER_SECOND);
            } catch (CdfException databaseAway) {
                LockSupport.parkNanos(Duration.ofMillis(20).toNanos());
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
