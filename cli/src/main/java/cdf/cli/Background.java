package cdf.cli;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** Work in another thread; closing it stops it and waits until it has ended. */
final class Background<T> implements AutoCloseable {
    private final CompletableFuture<T> result;
    private final Runnable stop;

    private Background(CompletableFuture<T> result, Runnable stop) {
        this.result = result;
        this.stop = stop;
    }

    static <T> Background<T> start(Supplier<T> work, Runnable stop) {
        return new Background<>(supply(work), stop);
    }

    /**
     * Work in a thread of its own. What waits for other work must not take a thread of the common pool: that has as few as there are
     * processors.
     */
    static <T> CompletableFuture<T> supply(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, task -> {
            Thread thread = new Thread(task, "cdf-background");
            thread.setDaemon(true);
            thread.start();
        });
    }

    /** Calls something if the work fails. */
    void onFailure(Runnable then) {
        var unused = result.exceptionally(failure -> {
            then.run();
            return null;
        });
    }

    boolean isDone() {
        return result.isDone();
    }

    /** Waits for the result, or throws what the work failed with. */
    T join() {
        return join(result);
    }

    @Override
    public void close() {
        stop.run();
        // A failure is for join() to throw.
        result.handle((value, failure) -> value).join();
    }

    /** Waits for a result, or throws the failure itself, without the wrapping. */
    static <T> T join(CompletableFuture<T> future) {
        try {
            return future.join();
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof RuntimeException cause ? cause : failure;
        }
    }
}
