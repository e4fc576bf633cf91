package cdf.change;

import org.jspecify.annotations.Nullable;

/**
 * A failure that the user can mend: what is wrong (the message), what to do about it (the hint) and the exit code that
 * tells scripts which kind it was. A bug of ours is an {@link IllegalStateException} instead.
 */
public final class CdfException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    private final ExitCode exitCode;
    private final String hint;

    public CdfException(ExitCode exitCode, String message, String hint) {
        this(exitCode, message, hint, null);
    }

    public CdfException(ExitCode exitCode, String message, String hint, @Nullable Throwable cause) {
        super(message, cause);
        this.exitCode = exitCode;
        this.hint = hint;
    }

    /** A failure as the user is told of it: one that is not of this kind is a bug of ours. */
    public static CdfException of(RuntimeException failure) {
        return failure instanceof CdfException known
                ? known
                : new CdfException(
                        ExitCode.FAILED,
                        "this is a bug in cdf: " + failure,
                        "run it again with --debug and report what it shows",
                        failure);
    }

    /** The same failure, with more said about it. */
    public CdfException with(String more) {
        return new CdfException(exitCode, problem() + "; " + more, hint, this);
    }

    /** What went wrong, in one sentence; never null. */
    public String problem() {
        return String.valueOf(getMessage());
    }

    public ExitCode exitCode() {
        return exitCode;
    }

    /** What the user can do about it, in one sentence. */
    public String hint() {
        return hint;
    }
}
