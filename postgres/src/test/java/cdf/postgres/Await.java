package cdf.postgres;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/** Waiting for a condition. */
final class Await {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration CHECK = Duration.ofMillis(10);

    private Await() {}

    static void until(BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("it did not come true within " + PATIENCE.toSeconds() + " s");
            }
            LockSupport.parkNanos(CHECK.toNanos());
        }
    }
}
