package cdf.lake;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Waits for what must become true. */
final class Await {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration POLL = Duration.ofMillis(10);

    private Await() {}

    static void until(String what, BooleanSupplier condition) throws InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("in " + PATIENCE + " this did not become true: " + what);
            }
            Thread.sleep(POLL.toMillis());
        }
    }
}
