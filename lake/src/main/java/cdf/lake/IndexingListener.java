package cdf.lake;

/** Sees how the keys of a table are read. */
@FunctionalInterface
interface IndexingListener {
    /** So many of so many rows have been read. */
    void onProgress(long rows, long of);
}
