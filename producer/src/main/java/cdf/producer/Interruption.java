package cdf.producer;

import sun.misc.Signal;
import sun.misc.SignalHandler;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Ctrl-C (SIGINT) and SIGTERM, turned into a request to stop, so that a command ends in order and still prints its
 * summary. A shutdown hook would not do: Spark's own hook would stop Spark at the same time. The second signal ends the
 * process at once.
 */
public final class Interruption implements AutoCloseable {
    private static final int HALTED = 130;

    private final Map<Signal, SignalHandler> previous = new LinkedHashMap<>();
    private final AtomicBoolean happened = new AtomicBoolean();

    private Interruption() {}

    /** Calls {@code stop} once, in a thread of its own, when the user interrupts the process. */
    public static Interruption listen(Runnable stop) {
        Interruption interruption = new Interruption();
        for (String name : List.of("INT", "TERM")) {
            Signal signal = new Signal(name);
            interruption.previous.put(signal, Signal.handle(signal, received -> interruption.happen(stop)));
        }
        return interruption;
    }

    /** Whether the user interrupted the process. */
    public boolean happened() {
        return happened.get();
    }

    private void happen(Runnable stop) {
        if (!happened.compareAndSet(false, true)) {
            Runtime.getRuntime().halt(HALTED);
        }
        stop.run();
    }

    @Override
    public void close() {
        List<Signal> handled = new ArrayList<>(previous.keySet());
        for (Signal signal : handled) {
            Signal.handle(signal, previous.remove(signal));
        }
    }
}
