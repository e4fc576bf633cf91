package cdf.dashboard;

/** Something to mark on the timeline of the batches. */
record Mark(long atMillis, Kind kind, String text) {
    enum Kind {
        COMPACTION,
        RESTART
    }
}
