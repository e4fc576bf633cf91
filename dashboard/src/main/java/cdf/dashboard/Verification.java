package cdf.dashboard;

import java.util.Optional;

/**
 * Verifications, as far as they have come.
 *
 * @param available whether one can be run from the page
 * @param running whether one runs
 * @param last how the last one ended
 */
record Verification(boolean available, boolean running, Optional<Outcome> last) {
    /** How one ended: the verdict, or why there is none. */
    record Outcome(long atMillis, Optional<Verdict> verdict, String message) {
        boolean different() {
            return verdict.isPresent() && !verdict.get().verified();
        }
    }
}
