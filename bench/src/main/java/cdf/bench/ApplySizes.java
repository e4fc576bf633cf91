package cdf.bench;

/**
 * How much of everything {@code bench/apply} measures.
 *
 * @param warmUpBatches the first batches of a bulk run, which are not counted: they create the rows
 * @param mergedBatches how many batches MERGE is counted on; it is slow, and its speed steady
 * @param smallWarmUps the first small commits, which are not counted
 */
record ApplySizes(
        long bulkEvents,
        int bulkRows,
        long bulkBatch,
        long largeBatch,
        int warmUpBatches,
        int mergedBatches,
        int mergedLargeBatches,
        int manyRows,
        int fewRows,
        int smallBatch,
        int smallWarmUps,
        int smallCommits,
        int latencyWarmUpSeconds,
        int latencySeconds,
        int indexedRows,
        int feedVersions,
        int pageRounds,
        int manyCommits,
        int manyCommitsBatch) {
    static final ApplySizes FULL = new ApplySizes(
            10_000_000,
            1_000_000,
            500_000,
            1_500_000,
            2,
            8,
            3,
            7_000_000,
            800_000,
            1_000,
            10,
            21,
            20,
            60,
            10_000_000,
            32,
            21,
            10_000,
            100);

    static final ApplySizes QUICK = new ApplySizes(
            1_000_000, 100_000, 100_000, 250_000, 2, 3, 1, 500_000, 50_000, 1_000, 3, 5, 5, 10, 1_000_000, 4, 1, 100,
            100);
}
