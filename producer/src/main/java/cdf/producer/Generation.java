package cdf.producer;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.Operation;
import cdf.generator.Change;
import cdf.generator.EventWriter;
import cdf.generator.Fault;
import cdf.generator.FaultInjector;
import cdf.generator.FaultyRecord;
import cdf.generator.Injected;
import cdf.generator.Workload;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/** One run of the simulated database against a topic. */
public final class Generation {
    private static final Duration REPORT = Duration.ofMillis(200);
    private static final Duration HEALTHY = Duration.ofSeconds(1);
    /** At a pace a record leaves at once; as fast as possible it waits for company. */
    public static final Duration UNPACED_LINGERING = Duration.ofMillis(5);

    private final GenerateSettings settings;
    private final KafkaConnection connection;
    private final String topic;
    private final Terminal terminal;

    private final Workload workload;
    private final EventWriter writer;
    /** Makes the records, if any fault is to be among them; else the writer does, at less cost. */
    private final @Nullable FaultInjector injector;

    private final FaultLog faultLog = new FaultLog();
    private final Map<Fault, Long> faults = new EnumMap<>(Fault.class);
    private long created;
    private long updated;
    private long deleted;
    private long tombstones;

    private long startNanos;
    /** When the record that is sent now, or next, is due; written by the sending thread alone. */
    private final AtomicLong nextDueNanos = new AtomicLong();

    private long mostBehindNanos;
    private long nextReportNanos;
    private long nextHealthNanos;
    private long healthyAt = -1;

    private volatile boolean stopping;
    private volatile @Nullable Thread runner;

    public Generation(GenerateSettings settings, KafkaConnection connection, String topic, Terminal terminal) {
        this.settings = settings;
        this.connection = connection;
        this.topic = topic;
        this.terminal = terminal;
        workload = new Workload(settings.workload());
        writer = new EventWriter(settings.format());
        injector = settings.faults().none()
                ? null
                : new FaultInjector(
                        settings.faults(), settings.workload().seed(), settings.format(), settings.tombstones());
        settings.faults().rates().keySet().forEach(fault -> faults.put(fault, 0L));
    }

    /**
     * Generates until all is sent or {@link #stop()}, then waits for what is not acknowledged yet. Call it once.
     *
     * @throws CdfException if a record could not be sent: it says how many were acknowledged
     */
    public GenerateSummary run() {
        runner = Thread.currentThread();
        Publisher publisher =
                Publisher.open(connection, topic, settings.pace().unlimited() ? UNPACED_LINGERING : Duration.ZERO);
        startNanos = System.nanoTime();
        nextReportNanos = startNanos;
        nextHealthNanos = startNanos;
        nextDueNanos.set(startNanos);
        DelayWatch delays = new DelayWatch(publisher, nextDueNanos::get, terminal);
        try (publisher;
                delays) {
            if (!settings.pace().unlimited()) {
                delays.start();
            }
            sendAll(publisher);
            publisher.flush();
        } catch (CdfException failure) {
            throw failure.with(String.format(
                    Locale.ROOT, "%,d of %,d records were acknowledged", publisher.acknowledged(), publisher.sent()));
        } finally {
            terminal.endProgress();
        }
        Duration elapsed = Duration.ofNanos(System.nanoTime() - startNanos);
        settings.ledger().ifPresent(file -> new Ledger(file)
                .write(workload.rows(), settings.faults().keys(), faultLog.sorted()));
        return new GenerateSummary(
                settings.workload().seed(),
                new GenerateCounts(created, updated, deleted, tombstones, faults),
                publisher.acknowledged(),
                publisher.acknowledgedBytes(),
                elapsed,
                Duration.ofNanos(Math.max(mostBehindNanos, delays.longestNanos())),
                publisher.latencyMicros());
    }

    /** Ends {@link #run} soon, from any thread. */
    public void stop() {
        stopping = true;
        LockSupport.unpark(runner);
    }

    private void sendAll(Publisher publisher) {
        Pace pace = settings.pace();
        for (long index = 0; settings.changes() == 0 || index < settings.changes(); index++) {
            long now = System.nanoTime();
            long dueNanos = pace.unlimited() ? now : startNanos + pace.dueNanos(index);
            awaitDue(dueNanos, now, publisher);
            if (stopping) {
                return;
            }
            send(workload.next(), dueNanos, publisher);
        }
    }

    /** Returns when the time has come, or when the generation is to stop. */
    private void awaitDue(long dueNanos, long beginNanos, Publisher publisher) {
        nextDueNanos.lazySet(dueNanos);
        long now = beginNanos;
        while (now < dueNanos && !stopping) {
            report(now, publisher);
            LockSupport.parkNanos(Math.min(dueNanos - now, REPORT.toNanos()));
            now = System.nanoTime();
        }
        report(now, publisher);
        mostBehindNanos = Math.max(mostBehindNanos, now - dueNanos);
    }

    private void send(Change change, long dueNanos, Publisher publisher) {
        switch (change.operation()) {
            case CREATE -> created++;
            case UPDATE -> updated++;
            case DELETE -> deleted++;
            case READ, TRUNCATE, MESSAGE -> throw new IllegalStateException("no change to a row: " + change);
        }
        if (injector != null) {
            long toCome = settings.changes() == 0 ? Long.MAX_VALUE : settings.changes() - change.number();
            injector.records(change, System.currentTimeMillis(), toCome)
                    .forEach(record -> send(record, dueNanos, publisher));
            return;
        }
        byte[] key = writer.key(change);
        publisher.send(key, writer.value(change, System.currentTimeMillis()), dueNanos);
        if (settings.tombstones() && change.operation() == Operation.DELETE) {
            publisher.send(key, null, dueNanos);
            tombstones++;
        }
    }

    private void send(FaultyRecord record, long dueNanos, Publisher publisher) {
        List<Injected> found = record.faults();
        if (found.isEmpty() || settings.ledger().isEmpty()) {
            publisher.send(record.key(), record.value(), dueNanos);
        } else {
            publisher.send(
                    record.key(),
                    record.value(),
                    dueNanos,
                    (partition, offset) -> faultLog.add(found, partition, offset));
        }
        if (record.value() == null) {
            tombstones++;
        }
        found.forEach(fault -> faults.merge(fault.fault(), 1L, Long::sum));
    }

    private void report(long now, Publisher publisher) {
        if (now - nextReportNanos < 0) {
            return;
        }
        nextReportNanos = now + REPORT.toNanos();
        double seconds = (now - startNanos) / 1e9;
        long acknowledged = publisher.acknowledged();
        terminal.progress(String.format(
                Locale.ROOT,
                "%,d sent, %,d acknowledged, %,.0f/s",
                publisher.sent(),
                acknowledged,
                acknowledged / Math.max(1e-9, seconds)));
        if (settings.healthFile().isPresent() && now - nextHealthNanos >= 0) {
            nextHealthNanos = now + HEALTHY.toNanos();
            if (acknowledged > healthyAt || acknowledged == publisher.sent()) {
                healthyAt = acknowledged;
                touch(settings.healthFile().get());
            }
        }
    }

    private static void touch(Path file) {
        try {
            if (!Files.exists(file)) {
                Files.createFile(file);
            }
            Files.setLastModifiedTime(file, FileTime.from(Instant.now()));
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot write the health file " + file + ": " + failure.getMessage(),
                    "name a file in a directory that this user may write",
                    failure);
        }
    }
}
