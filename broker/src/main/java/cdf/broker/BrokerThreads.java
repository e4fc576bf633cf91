package cdf.broker;

import kafka.server.FaultHandlerFactory;
import org.apache.kafka.common.utils.Exit;
import org.apache.kafka.server.fault.FaultHandler;
import org.apache.kafka.server.fault.LoggingFaultHandler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The threads of one broker, and the place where its fatal faults arrive. Kafka ends its process on a fatal fault; here
 * the process belongs to someone else. A thread joins the group of the thread that started it, so whatever Kafka runs
 * on is in the group as long as it is started and closed by the methods here, and a call to end the process leads
 * back to the broker that made it. Thread-safe.
 */
final class BrokerThreads extends ThreadGroup implements FaultHandlerFactory {
    private static final Logger LOG = LoggerFactory.getLogger(BrokerThreads.class);

    static {
        Exit.setHaltProcedure((status, message) ->
                endedBy(status, message, () -> Runtime.getRuntime().halt(status)));
        Exit.setExitProcedure((status, message) -> endedBy(status, message, () -> System.exit(status)));
    }

    private static final Duration PATIENCE_AFTER_INTERRUPT = Duration.ofSeconds(30);

    private final CompletableFuture<BrokerFault> fault = new CompletableFuture<>();

    BrokerThreads(String name) {
        super(name);
    }

    /** Completes with the first fatal fault; never completes exceptionally. */
    CompletableFuture<BrokerFault> fault() {
        return fault;
    }

    /**
     * Runs the broker's start and waits for its end. A fatal fault on another thread, or an interrupt of the caller,
     * interrupts the start, which then has a limited time to give up.
     *
     * @throws ExecutionException with what the start threw
     * @throws TimeoutException if the start did not give up
     */
    void runUntilFault(String name, Step start) throws ExecutionException, InterruptedException, TimeoutException {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        Thread thread = launch(name, start, ended);
        CompletableFuture<Void> interrupting = fault.thenAccept(met -> {
            // The start itself, when it meets the fault, fails anyway and cleans up better without an interrupt.
            if (Thread.currentThread() != thread) {
                thread.interrupt();
            }
        });
        try {
            CompletableFuture.anyOf(ended, interrupting).get();
            ended.get(PATIENCE_AFTER_INTERRUPT.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            thread.interrupt();
            thread.join(PATIENCE_AFTER_INTERRUPT.toMillis());
            throw interrupted;
        }
    }

    /**
     * Runs the broker's stop and waits for its end, whether or not the caller is interrupted.
     *
     * @throws CompletionException with what the stop threw, or a {@link TimeoutException} if it takes too long
     */
    void runToEnd(String name, Step stop, Duration patience) {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        launch(name, stop, ended);
        ended.orTimeout(patience.toSeconds(), TimeUnit.SECONDS).join();
    }

    private Thread launch(String name, Step step, CompletableFuture<Void> ended) {
        Runnable steps = () -> {
            try {
                step.run();
                ended.complete(null);
            } catch (Throwable failure) {
                ended.completeExceptionally(failure);
            }
        };
        Thread thread = new Thread(this, steps, name);
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    /** A step of the broker's life. */
    interface Step {
        void run();
    }

    @Override
    public FaultHandler build(String name, boolean fatal, Runnable action) {
        if (!fatal) {
            return new LoggingFaultHandler(name, action);
        }
        return (message, cause) -> {
            action.run();
            return report(new BrokerFault(message, cause));
        };
    }

    private BrokerFault report(BrokerFault later) {
        if (!fault.complete(later)) {
            LOG.error("A further fault of a broker that has failed already", later);
        }
        return later;
    }

    private static void endedBy(int status, @Nullable String message, Runnable endProcess) {
        if (Thread.currentThread().getThreadGroup() instanceof BrokerThreads threads) {
            String why = message == null ? "" : ": " + message;
            throw threads.report(new BrokerFault(
                    "Kafka ended with status " + status + ", as it does when its data directory fails" + why, null));
        }
        endProcess.run();
    }

    /** A fault after which Kafka does not go on. */
    static final class BrokerFault extends RuntimeException {
        private static final long serialVersionUID = 1L;

        BrokerFault(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }
}
