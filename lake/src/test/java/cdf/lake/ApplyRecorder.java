package cdf.lake;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Remembers what applying reported. */
class ApplyRecorder implements ApplyListener {
    private final List<AppliedBatch> batches = new CopyOnWriteArrayList<>();
    private final List<String> notices = new CopyOnWriteArrayList<>();
    private final AtomicInteger starts = new AtomicInteger();

    @Override
    public void onBatch(AppliedBatch batch) {
        batches.add(batch);
    }

    @Override
    public void onNotice(String notice) {
        notices.add(notice);
    }

    @Override
    public void onStep(ApplyStep step) {
        if (step == ApplyStep.BATCH_STARTED) {
            starts.incrementAndGet();
        }
    }

    /** How many batches were begun, whatever became of them. */
    int startedBatches() {
        return starts.get();
    }

    long read() {
        return batches.stream().mapToLong(batch -> batch.accounting().read()).sum();
    }

    boolean noticed(String text) {
        return notices.stream().anyMatch(notice -> notice.contains(text));
    }

    List<String> notices() {
        return List.copyOf(notices);
    }
}
