package cdf.producer;

import cdf.change.CdfException;
import cdf.change.ExitCode;

import java.util.List;

/** A command as the command line runs it: first everything that is wrong with its options, then the work. */
public interface CheckedCommand {
    /** All that is wrong with the options, a line each; nothing has been opened yet. */
    List<String> problems();

    /**
     * Does the work.
     *
     * @throws CdfException for what the user can mend
     */
    ExitCode run();
}
