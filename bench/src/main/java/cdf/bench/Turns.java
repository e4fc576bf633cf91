package cdf.bench;

import java.util.ArrayList;
import java.util.List;

/** Lets some threads go on one at a time, in turn: what they measure then does not disturb each other. */
final class Turns {
    private final List<String> waiting;

    /** @param participants who takes turns, in this order; each must {@link #leave} in the end */
    Turns(String... participants) {
        waiting = new ArrayList<>(List.of(participants));
    }

    /** Ends a participant's turn, and waits for its next. */
    synchronized void next(String participant) {
        if (waiting.get(0).equals(participant)) {
            waiting.add(waiting.remove(0));
            notifyAll();
        }
        try {
            while (!waiting.get(0).equals(participant)) {
                wait();
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        }
    }

    /** Takes a participant out: the others go on without it. */
    synchronized void leave(String participant) {
        waiting.remove(participant);
        notifyAll();
    }
}
