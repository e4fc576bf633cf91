package cdf.cli;

import cdf.producer.Terminal;
import cdf.verify.VerifyListener;

import java.time.Duration;
import java.util.Locale;

/** Shows on a terminal how far a verification is, and how long what it does now will take yet. */
final class VerifyProgress implements VerifyListener {
    private final Terminal terminal;
    private String current = "";
    private long beginNanos;

    VerifyProgress(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public void onProgress(String what, long done, long of) {
        if (!what.equals(current)) {
            current = what;
            beginNanos = System.nanoTime();
        }
        terminal.progress(
                of > 0
                        ? String.format(Locale.ROOT, "%,d of %,d %s%s", done, of, what, timeLeft(done, of))
                        : String.format(Locale.ROOT, "%,d %s", done, what));
    }

    private String timeLeft(long done, long of) {
        Duration elapsed = Duration.ofNanos(System.nanoTime() - beginNanos);
        if (done <= 0 || done >= of || elapsed.toMillis() < 1_000) {
            return "";
        }
        long seconds = Math.round(elapsed.toMillis() / 1e3 * (of - done) / done);
        return ", about " + (seconds < 90 ? seconds + " s" : (seconds + 30) / 60 + " min") + " left";
    }
}
