package cdf.dashboard;

import cdf.change.CdfException;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;

/** Runs verifications that the page asks for, one at a time. Thread-safe. */
final class VerificationRunner {
    /** What became of a request. */
    enum Answer {
        STARTED,
        RUNNING_ALREADY,
        NONE_THERE
    }

    private final Optional<Verifier> verifier;
    private final PipelineFeed feed;
    private final Runnable onNews;
    private final AtomicBoolean running = new AtomicBoolean();

    /** @param onNews called when a verification begins, and when it has ended */
    VerificationRunner(Optional<Verifier> verifier, PipelineFeed feed, Runnable onNews) {
        this.verifier = verifier;
        this.feed = feed;
        this.onNews = onNews;
    }

    Answer start() {
        if (verifier.isEmpty()) {
            return Answer.NONE_THERE;
        }
        if (!running.compareAndSet(false, true)) {
            return Answer.RUNNING_ALREADY;
        }
        feed.verifying();
        onNews.run();
        Thread thread = new Thread(() -> run(verifier.get()), "dashboard-verification");
        thread.setDaemon(true);
        thread.start();
        return Answer.STARTED;
    }

    private void run(Verifier chosen) {
        try {
            feed.verified(chosen.verify());
        } catch (CdfException failure) {
            feed.notVerified(failure.problem() + "; " + failure.hint());
        } catch (RuntimeException bug) {
            feed.notVerified("this is a bug in cdf: " + bug);
        } finally {
            running.set(false);
            onNews.run();
        }
    }
}
