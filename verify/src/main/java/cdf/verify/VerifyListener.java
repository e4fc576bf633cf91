package cdf.verify;

/** Is told how far a verification is; from one thread at a time. */
@FunctionalInterface
public interface VerifyListener {
    /**
     * So much is done.
     *
     * @param what what is being done, such as "events replayed"
     * @param of how much there is to do; 0 if that is not known
     */
    void onProgress(String what, long done, long of);
}
