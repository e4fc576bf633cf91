package cdf.cli;

import cdf.lake.AppliedBatch;
import cdf.lake.ApplyListener;
import cdf.lake.ApplyStep;
import cdf.lake.CompactedFiles;

import java.util.Map;

/** Two listeners as one. */
record BothApplyListeners(ApplyListener first, ApplyListener second) implements ApplyListener {
    @Override
    public void onIndexing(long rows, long of) {
        first.onIndexing(rows, of);
        second.onIndexing(rows, of);
    }

    @Override
    public void onStart(Map<Integer, Long> positions) {
        first.onStart(positions);
        second.onStart(positions);
    }

    @Override
    public void onBatch(AppliedBatch batch) {
        first.onBatch(batch);
        second.onBatch(batch);
    }

    @Override
    public void onCompaction(CompactedFiles files) {
        first.onCompaction(files);
        second.onCompaction(files);
    }

    @Override
    public void onStep(ApplyStep step) {
        first.onStep(step);
        second.onStep(step);
    }

    @Override
    public void onNotice(String notice) {
        first.onNotice(notice);
        second.onNotice(notice);
    }
}
