package cdf.broker;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import kafka.server.KafkaConfig;
import org.apache.kafka.common.Endpoint;
import org.apache.kafka.common.KafkaException;
import scala.jdk.javaapi.CollectionConverters;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;

/**
 * One Apache Kafka node, broker and controller, inside this process. Plain clients of this machine reach it at {@link
 * #bootstrapServer()}; what they write stays in the data directory. Started once and closed once; thread-safe.
 */
public final class EmbeddedBroker implements AutoCloseable {
    /** Closing a healthy broker writes every acknowledged record to the disk, which may take its time. */
    private static final Duration PATIENCE = Duration.ofMinutes(5);

    private static final Duration PATIENCE_AFTER_FAULT = Duration.ofSeconds(10);

    private final BrokerThreads threads;
    private final ListenSockets sockets;
    private final CompletableFuture<Void> termination = new CompletableFuture<>();

    /** What to close, the last opened first. */
    private final Deque<AutoCloseable> opened = new ArrayDeque<>();

    private EmbeddedBroker(BrokerThreads threads, ListenSockets sockets) {
        this.threads = threads;
        this.sockets = sockets;
    }

    /**
     * Starts a broker and returns when it serves clients.
     *
     * @throws CdfException if the port is taken, the data directory cannot be used or a server property is wrong;
     *     nothing is left running then
     */
    public static EmbeddedBroker start(BrokerSettings settings) {
        EmbeddedBroker broker =
                new EmbeddedBroker(new BrokerThreads("broker of " + settings.dataDirectory()), new ListenSockets());
        try {
            broker.open(settings);
            return broker;
        } catch (RuntimeException failure) {
            try {
                broker.close();
            } catch (RuntimeException further) {
                failure.addSuppressed(further);
            }
            throw failure;
        }
    }

    private void open(BrokerSettings settings) {
        opened.push(sockets);
        int controllerPort = sockets.bind(ServerProperties.CONTROLLER_LISTENER, "localhost", 0);
        KafkaConfig config = configure(ServerProperties.of(settings, controllerPort));
        for (Endpoint endpoint : CollectionConverters.asJava(config.listeners())) {
            if (!endpoint.listener().equals(ServerProperties.CONTROLLER_LISTENER)) {
                sockets.bind(endpoint.listener(), endpoint.host(), endpoint.port());
            }
        }
        DataDirectory directory = DataDirectory.open(settings.dataDirectory());
        opened.push(directory);
        startKafka(config, directory);
    }

    private static KafkaConfig configure(Properties properties) {
        try {
            return KafkaConfig.fromProps(properties, false);
        } catch (KafkaException | IllegalArgumentException wrong) {
            throw new CdfException(
                    ExitCode.WRONG_USAGE,
                    "Kafka refuses its configuration: " + wrong.getMessage(),
                    "correct the server property",
                    wrong);
        }
    }

    @SuppressWarnings("FutureReturnValueIgnored") // What comes of a fault is in termination.
    private void startKafka(KafkaConfig config, DataDirectory directory) {
        KafkaNode node = KafkaNode.create(config, directory, sockets, threads);
        opened.push(() -> shutdown(node));
        try {
            threads.runUntilFault("broker-startup", node::startup);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new CdfException(
                    ExitCode.INTERRUPTED, "the start of the broker was interrupted", "start it again", interrupted);
        } catch (ExecutionException | TimeoutException failure) {
            Throwable cause = threads.fault().isDone() ? threads.fault().join() : rootCause(failure);
            throw failed("could not start", directory, cause);
        }
        threads.fault().thenAccept(fault -> termination.completeExceptionally(failed("has failed", directory, fault)));
    }

    private static CdfException failed(String how, DataDirectory directory, Throwable cause) {
        Throwable root = rootCause(cause);
        String reason = root == cause ? root.getMessage() : cause.getMessage() + ": " + root.getMessage();
        return new CdfException(
                ExitCode.FAILED,
                "the broker " + how + ": " + reason,
                "check that " + directory
                        + " is there, may be written, is not on a full disk and was not used by a newer"
                        + " Kafka, then start the broker again",
                cause);
    }

    private static Throwable rootCause(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    private void shutdown(KafkaNode node) {
        Duration patience = threads.fault().isDone() ? PATIENCE_AFTER_FAULT : PATIENCE;
        // Half of the time to take leave of the controller, the other to close the logs.
        threads.runToEnd("broker-shutdown", () -> node.shutdown(patience.dividedBy(2)), patience);
    }

    /** Where plain clients of this machine connect, such as {@code localhost:9092}. */
    public String bootstrapServer() {
        return bootstrapServer(ServerProperties.CLIENT_LISTENER);
    }

    /** Where clients connect to a listener that the server properties added; its port is known even if it was 0. */
    public String bootstrapServer(String listener) {
        return "localhost:" + sockets.port(listener);
    }

    /** Completes when the broker is closed, or, with a {@link CdfException}, when it fails and serves no more. */
    public CompletableFuture<Void> termination() {
        return termination.copy();
    }

    /**
     * Stops the broker; every acknowledged record is on the disk then, and port and directory are free.
     *
     * @throws IllegalStateException if a part of the broker does not end
     */
    @Override
    public synchronized void close() {
        IllegalStateException failure = null;
        while (!opened.isEmpty()) {
            try {
                opened.pop().close();
            } catch (Exception unclosed) {
                if (failure == null) {
                    failure = new IllegalStateException("the broker did not close", unclosed);
                } else {
                    failure.addSuppressed(unclosed);
                }
            }
        }
        if (failure != null) {
            termination.completeExceptionally(failure);
            throw failure;
        }
        termination.complete(null);
    }
}
