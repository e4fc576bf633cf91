package cdf.dashboard;

import cdf.change.CdfException;

/** Compares the topic with the table. The page's button runs it, one run at a time, in a thread of the page's. */
@FunctionalInterface
public interface Verifier {
    /**
     * Verifies up to where the table is now.
     *
     * @throws CdfException when it cannot tell
     */
    Verdict verify();
}
