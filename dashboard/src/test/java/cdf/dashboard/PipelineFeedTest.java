package cdf.dashboard;

import cdf.change.Decoded;
import cdf.dashboard.PipelineFeed.Drained;
import cdf.dashboard.PipelineFeed.Numbered;
import org.junit.jupiter.api.Test;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class PipelineFeedTest {
    private final PipelineFeed feed = new PipelineFeed();

    @Test
    void aFewChangesComeAllAndInOrder() {
        for (int offset = 0; offset < 5; offset++) {
            feed.change(change(0, offset));
        }

        Drained drained = feed.drain();

        assertThat(drained.changes())
                .extracting(numbered -> numbered.change().offset())
                .containsExactly(0L, 1L, 2L, 3L, 4L);
        assertThat(drained.reported()).isEqualTo(5);
        assertThat(feed.drain().changes()).isEmpty();
    }

    @Test
    void ofAFloodTheNewestComeAndAllAreCounted() {
        for (int offset = 0; offset < 100_000; offset++) {
            feed.change(change(0, offset));
        }

        Drained drained = feed.drain();

        assertThat(drained.changes()).hasSize(PipelineFeed.RING);
        assertThat(drained.changes().get(PipelineFeed.RING - 1).change().offset())
                .isEqualTo(99_999);
        assertThat(drained.reported()).isEqualTo(100_000);
        assertThat(drained.kinds()).containsEntry(Change.Kind.REJECTED, 100_000L);
    }

    @Test
    void threadsLoseNoCountAndNoChangeComesTwice() throws InterruptedException {
        int threads = 4;
        int each = 50_000;
        List<Thread> reporting = new ArrayList<>();
        for (int partition = 0; partition < threads; partition++) {
            int own = partition;
            Thread thread = new Thread(() -> {
                for (int offset = 0; offset < each; offset++) {
                    feed.change(change(own, offset));
                }
            });
            thread.start();
            reporting.add(thread);
        }
        Set<Long> seen = new HashSet<>();
        boolean reportingStill = true;
        while (reportingStill) {
            reportingStill = reporting.stream().anyMatch(Thread::isAlive);
            for (Numbered numbered : feed.drain().changes()) {
                assertThat(seen.add(numbered.number())).isTrue();
            }
        }

        Drained last = feed.drain();

        assertThat(last.reported()).isEqualTo((long) threads * each);
        assertThat(seen).contains((long) threads * each - 1);
        for (Thread thread : reporting) {
            thread.join();
        }
    }

    private static Change change(int partition, long offset) {
        return new Change(partition, offset, 0, Optional.empty(), new Decoded.Rejected("not JSON"));
    }
}
