package cdf.producer;

import cdf.change.ExitCode;
import org.jline.utils.Signals;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Ctrl-C (SIGINT) and SIGTERM, turned into a request to stop, so that a command ends in order and still prints its
 * summary. A shutdown hook would not do: Spark's own hook would stop Spark at the same time. The second signal ends the
 * process at once.
 */
public final class Interruption implements AutoCloseable {
    private final Map<String, Object> previous = new HashMap<>();
    private final AtomicBoolean happened = new AtomicBoolean();
    private final ReentrantLock stopping = new ReentrantLock();
    private boolean closed;

    private Interruption() {}

    /** Calls {@code stop} once, in a thread of its own, when the user interrupts the process. */
    public static Interruption listen(Runnable stop) {
        Interruption interruption = new Interruption();
        for (String signal : List.of("INT", "TERM")) {
            Object handler = Signals.register(signal, () -> interruption.happen(stop));
            if (handler != null) {
                interruption.previous.put(signal, handler);
            }
        }
        return interruption;
    }

    /** Whether the user interrupted the process. */
    public boolean happened() {
        return happened.get();
    }

    private void happen(Runnable stop) {
        if (!happened.compareAndSet(false, true)) {
            // A PostgreSQL of ours does not hear of the terminal's Ctrl-C.
            ProcessHandle.current().children().forEach(ProcessHandle::destroy);
            Runtime.getRuntime().halt(ExitCode.INTERRUPTED.code());
        }
        stopping.lock();
        try {
            if (!closed) {
                stop.run();
            }
        } finally {
            stopping.unlock();
        }
    }

    /** Listens no longer, and waits until {@code stop} has returned, if it runs: what it stops may be closed then. */
    @Override
    public void close() {
        previous.forEach(Signals::unregister);
        previous.clear();
        stopping.lock();
        try {
            closed = true;
        } finally {
            stopping.unlock();
        }
    }
}
