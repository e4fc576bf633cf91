package cdf.change;

/** How a command ends: the process's exit code, the same for every command. */
public enum ExitCode {
    DONE(0),
    FAILED(1),
    WRONG_USAGE(2),
    DIFFERENCE_FOUND(3),
    BROKER_UNREACHABLE(4),
    INTERRUPTED(130);

    private final int code;

    ExitCode(int code) {
        this.code = code;
    }

    /** The number that the process ends with. */
    public int code() {
        return code;
    }
}
