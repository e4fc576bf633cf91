package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Explains to the user what Spark, Delta and Hadoop throw. */
final class StreamFailure {
    /** The operating system's words for a full disk or quota (ENOSPC, EDQUOT), which Java has no exception for. */
    private static final Pattern FULL = Pattern.compile("No space left on device|Disk quota exceeded");

    private StreamFailure() {}

    /** @param what what did not work, as the beginning of a sentence */
    static CdfException explain(String what, Throwable failure) {
        List<String> messages = new ArrayList<>();
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            messages.add(String.valueOf(cause.getMessage()));
        }
        Matcher full = FULL.matcher(String.join("\n", messages));
        String root = messages.get(messages.size() - 1).lines().findFirst().orElse("");
        return full.find()
                ? new CdfException(
                        ExitCode.FAILED,
                        what + ": " + full.group(),
                        "make room where the table, the checkpoint and temporary files are, then run it again: it goes"
                                + " on where it stopped",
                        failure)
                : new CdfException(
                        ExitCode.FAILED,
                        what + ": " + root,
                        "run it again; --debug shows where this comes from",
                        failure);
    }
}
