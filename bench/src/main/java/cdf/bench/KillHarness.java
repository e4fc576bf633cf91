package cdf.bench;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.lake.ApplyStep;
import cdf.lake.LocalSpark;
import org.apache.hadoop.fs.FileUtil;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;

/**
 * Kills the real process that applies a topic, again and again, while the topic is written, then lets one come to the
 * end and holds what is in the table to a plain replay of the topic.
 */
final class KillHarness {
    private static final String TOPIC = "killed";
    private static final int PARTITIONS = 3;

    /** What the first process applies, which no one kills: all that a process can come to is in it, a merge of files, too. */
    private static final int FIRST_EVENTS = 1_200;

    private static final int FIRST_BATCH_EVENTS = 30;

    /** What is written when a process starts, and with each batch that it begins, so that it never runs out of work. */
    private static final int CHUNK = 40;

    /** How many events a process may take at a time: one another number than the next, so that batches end elsewhere. */
    private static final int[] SMALL_BATCHES = {20, 40};

    private static final int LARGE_BATCH = 1_000;

    /** A process that does not come where it shall be killed is killed all the same, and that is a failure. */
    private static final long PATIENCE_SECONDS = 300;

    /** When to kill. */
    sealed interface Kill {
        /** While the process stands still at a step. */
        record At(ApplyStep step) implements Kill {}

        /** Some time after it started, or after it came to so many steps: at any point between two. */
        record After(int steps, Duration time) implements Kill {}

        /** Some moment, drawn. */
        static Kill any(SplittableRandom random) {
            int steps = random.nextInt(20);
            return new After(steps, Duration.ofMillis(random.nextInt(steps == 0 ? 4_000 : 200)));
        }
    }

    /**
     * What came of it.
     *
     * @param kills how many processes were killed
     * @param events the records of the topic
     */
    record Outcome(int kills, long events, TableProof proof) {}

    /** The steps that the processes come to: their changes have no sequence, and their table keeps its columns. */
    static final List<ApplyStep> STEPS = Arrays.stream(ApplyStep.values())
            .filter(step -> step != ApplyStep.TOMBSTONES_COMMITTED && step != ApplyStep.SCHEMA_COMMITTED)
            .toList();

    private final Path directory;
    private final long seed;
    private final SplittableRandom random;
    private final Consumer<String> progress;
    private final List<String> javaCommand;
    private final Path archive;

    /**
     * Prepares to kill.
     *
     * @param directory where all that it needs goes; an empty one
     * @param progress is told of each process
     */
    KillHarness(Path directory, long seed, Consumer<String> progress) {
        this.directory = directory;
        this.seed = seed;
        this.progress = progress;
        random = new SplittableRandom(seed);
        archive = directory.resolve("classes.jsa");
        javaCommand = javaCommand();
    }

    /** Kills once for each of these, in their order. */
    Outcome run(List<Kill> kills) {
        try (EmbeddedBroker broker =
                        EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            topics.ensure(TOPIC, PARTITIONS);
            RandomEvents events = new RandomEvents(seed);
            try (Publisher publisher = Publisher.open(topics.connection(), TOPIC, Duration.ZERO)) {
                events.send(publisher, FIRST_EVENTS);
                publisher.flush();
                runToTheEnd(start(
                        broker,
                        FIRST_BATCH_EVENTS,
                        KilledApply.TO_THE_END,
                        List.of("-XX:ArchiveClassesAtExit=" + archive)));
                runAndKill(broker, kills, () -> events.send(publisher, CHUNK));
            }
            try (LocalSpark spark = LocalSpark.startWithDelta()) {
                TopicReplay truth = TopicReplay.of(topics.connection(), TOPIC);
                return new Outcome(
                        kills.size(), events.sent(), TableProof.of(spark.session(), table().toString(), truth));
            }
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    private Path table() {
        return directory.resolve("users");
    }

    private Path checkpoint() {
        return directory.resolve("checkpoint");
    }

    /** Kills one process after the other, the next of which starts meanwhile; lets the last come to the end. */
    private void runAndKill(EmbeddedBroker broker, List<Kill> kills, Runnable writing) throws IOException {
        Process next = start(broker, kills, 0);
        try {
            for (int number = 0; number < kills.size(); number++) {
                Process process = next;
                next = start(broker, kills, number + 1);
                progress.accept("kill " + (number + 1) + " of " + kills.size() + ": " + kills.get(number));
                kill(process, kills.get(number), writing);
            }
            runToTheEnd(next);
        } finally {
            next.destroyForcibly();
        }
    }

    /** Starts the process of a kill; the one after the last kill comes to the end. */
    private Process start(EmbeddedBroker broker, List<Kill> kills, int number) throws IOException {
        if (number == kills.size()) {
            return start(broker, LARGE_BATCH, KilledApply.TO_THE_END, fromArchive());
        }
        int batchEvents = SMALL_BATCHES[random.nextInt(SMALL_BATCHES.length)];
        if (kills.get(number) instanceof Kill.At at) {
            return start(
                    broker,
                    isMerging(at.step()) ? LARGE_BATCH : batchEvents,
                    at.step().name(),
                    fromArchive());
        }
        return start(broker, random.nextBoolean() ? LARGE_BATCH : batchEvents, "nowhere", fromArchive());
    }

    /** Files are merged when no batch is full, or else late. */
    private static boolean isMerging(ApplyStep step) {
        return switch (step) {
            case COMPACTED_FILES_WRITTEN, COMPACTION_COMMITTED -> true;
            case BATCH_STARTED,
                    FILES_WRITTEN,
                    DEAD_LETTERS_WRITTEN,
                    DEAD_LETTERS_COMMITTED,
                    TOMBSTONES_COMMITTED,
                    SCHEMA_COMMITTED,
                    COMMITTED -> false;
        };
    }

    private void runToTheEnd(Process process) throws IOException {
        progress.accept("a process comes to the end");
        CompletableFuture<Void> late = killLate(process);
        letGo(process);
        List<String> said = new ArrayList<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            lines.lines().forEach(said::add);
        }
        int exitCode = waitFor(process);
        late.cancel(false);
        if (exitCode != 0) {
            throw failed("did not come to the end, but ended with " + exitCode, said);
        }
    }

    /** Lets a process apply, writes events meanwhile, and kills it. */
    private void kill(Process process, Kill kill, Runnable writing) throws IOException {
        if (random.nextBoolean()) {
            FileUtil.fullyDelete(checkpoint().toFile());
        }
        writing.run();
        CompletableFuture<Void> late = killLate(process);
        letGo(process);
        List<String> said = new ArrayList<>();
        try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8)) {
            int steps = 0;
            while (!isTime(kill, steps, said)) {
                String line = lines.readLine();
                if (line == null) {
                    throw failed("did not come to " + kill, said);
                }
                said.add(line);
                steps += line.startsWith(KilledApply.STEP) ? 1 : 0;
                if (line.equals(KilledApply.STEP + ApplyStep.BATCH_STARTED)) {
                    writing.run();
                }
            }
            if (kill instanceof Kill.After after) {
                LockSupport.parkNanos(after.time().toNanos());
            }
            if (!process.isAlive()) {
                throw failed("ended before " + kill, said);
            }
            process.destroyForcibly();
        }
        late.cancel(false);
        waitFor(process);
    }

    private static void letGo(Process process) throws IOException {
        process.getOutputStream().write('\n');
        process.getOutputStream().flush();
    }

    private static boolean isTime(Kill kill, int steps, List<String> said) {
        if (kill instanceof Kill.At at) {
            return !said.isEmpty() && said.get(said.size() - 1).equals(KilledApply.STEP + at.step());
        }
        return steps >= ((Kill.After) kill).steps();
    }

    private static CompletableFuture<Void> killLate(Process process) {
        return CompletableFuture.runAsync(
                process::destroyForcibly, CompletableFuture.delayedExecutor(PATIENCE_SECONDS, TimeUnit.SECONDS));
    }

    private static int waitFor(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a process ends", interrupted);
        }
    }

    private IllegalStateException failed(String how, List<String> said) {
        return new IllegalStateException(
                "seed " + seed + ": a process " + how + "; it said:\n" + String.join("\n", said));
    }

    private Process start(EmbeddedBroker broker, int batchEvents, String standAt, List<String> options)
            throws IOException {
        List<String> command = new ArrayList<>(javaCommand);
        command.addAll(1, options);
        command.addAll(List.of(
                broker.bootstrapServer(),
                TOPIC,
                table().toString(),
                checkpoint().toString(),
                Integer.toString(batchEvents),
                standAt));
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    private List<String> fromArchive() {
        return Files.exists(archive) ? List.of("-XX:SharedArchiveFile=" + archive) : List.of();
    }

    /**
     * A process that is not worth compiling anything for, be it by the JVM or by Spark, because it is killed soon; and
     * that leaves nothing behind elsewhere.
     */
    private List<String> javaCommand() {
        try {
            Path temporary = Files.createDirectories(directory.resolve("temporary"));
            List<String> command = Benchmarks.java();
            command.addAll(List.of(
                    "-Dspark.sql.codegen.wholeStage=false",
                    "-Dspark.sql.codegen.factoryMode=NO_CODEGEN",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-Xshare:auto",
                    "-Xlog:disable",
                    "-Djava.io.tmpdir=" + temporary));
            command.addAll(List.of("-cp", classPath(), KilledApply.class.getName()));
            return command;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** Our own class path, its directories as jars: a JVM archives no classes of directories. */
    private String classPath() throws IOException {
        List<String> entries = new ArrayList<>();
        for (String entry : System.getProperty("java.class.path").split(File.pathSeparator, -1)) {
            Path path = Path.of(entry);
            entries.add(Files.isDirectory(path) ? jar(path, entries.size()).toString() : entry);
        }
        return String.join(File.pathSeparator, entries);
    }

    private Path jar(Path classes, int number) throws IOException {
        Path jar = Files.createDirectories(directory).resolve("classes-" + number + ".jar");
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(jar));
                Stream<Path> files = Files.walk(classes)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                out.putNextEntry(
                        new JarEntry(classes.relativize(file).toString().replace(File.separatorChar, '/')));
                Files.copy(file, out);
            }
        }
        return jar;
    }
}
