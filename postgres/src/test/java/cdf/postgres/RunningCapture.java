package cdf.postgres;

import cdf.kafka.KafkaConnection;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A capture in a thread of its own, and what it told. */
final class RunningCapture implements CaptureListener, AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Capture capture;
    private final CompletableFuture<CaptureSummary> summary = new CompletableFuture<>();
    private final List<String> notices = new CopyOnWriteArrayList<>();

    private volatile List<String> noticesBeforeTheStart = List.of();
    private volatile Set<TableName> read = Set.of();
    private volatile boolean started;
    private volatile boolean streaming;

    private RunningCapture(KafkaConnection kafka, CaptureSettings settings) {
        capture = new Capture(kafka, settings, this);
    }

    static RunningCapture start(CaptureSettings settings) {
        return start(TestServer.kafka(), settings);
    }

    static RunningCapture start(KafkaConnection kafka, CaptureSettings settings) {
        RunningCapture running = new RunningCapture(kafka, settings);
        Thread thread = new Thread(running::run, "capture");
        thread.setDaemon(true);
        thread.start();
        return running;
    }

    /** Captures all that was committed before. */
    static RunningCapture once(CaptureSettings settings) {
        RunningCapture running = start(settings.endingOnce());
        running.summary();
        return running;
    }

    private void run() {
        try {
            summary.complete(capture.run());
        } catch (RuntimeException | Error failure) {
            summary.completeExceptionally(failure);
        }
    }

    @Override
    public void started(String slot, String publication, Collection<TableName> snapshotTables) {
        if (!started) {
            noticesBeforeTheStart = List.copyOf(notices);
        }
        read = new TreeSet<>(snapshotTables);
        started = true;
    }

    @Override
    public void streaming() {
        streaming = true;
    }

    @Override
    public void notice(String line) {
        notices.add(line);
    }

    List<String> notices() {
        return notices;
    }

    List<String> noticesBeforeTheStart() {
        return noticesBeforeTheStart;
    }

    /** The tables that were read whole. */
    Set<TableName> read() {
        return read;
    }

    RunningCapture awaitStarted() {
        Await.until(() -> started || summary.isDone());
        return checkAlive();
    }

    RunningCapture awaitStreaming() {
        Await.until(() -> streaming || summary.isDone());
        return checkAlive();
    }

    /** Waits until one of the notices has this in it. */
    void awaitNotice(String part) {
        Await.until(() -> summary.isDone() || notices.stream().anyMatch(line -> line.contains(part)));
        checkAlive();
    }

    private RunningCapture checkAlive() {
        if (summary.isCompletedExceptionally()) {
            summary();
        }
        return this;
    }

    CaptureSummary stop() {
        capture.stop();
        return summary();
    }

    /** What it came to; throws what it threw. */
    CaptureSummary summary() {
        try {
            return summary.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            if (failure.getCause() instanceof RuntimeException thrown) {
                throw thrown;
            }
            throw new AssertionError(failure.getCause());
        } catch (TimeoutException | InterruptedException late) {
            throw new AssertionError("the capture does not end; it said " + notices, late);
        }
    }

    @Override
    public void close() {
        capture.stop();
        Await.until(summary::isDone);
    }
}
