package cdf.cli;

import cdf.change.CdfException;
import cdf.verify.Verdict;

/** What the verification of one of several tables came to. */
sealed interface TableVerdict {
    String topic();

    String table();

    /** The table was compared with its topic. */
    record Compared(String topic, String table, Verdict verdict) implements TableVerdict {}

    /** The table could not be compared. */
    record NotCompared(String topic, String table, CdfException failure) implements TableVerdict {}
}
