package cdf.dashboard;

import cdf.dashboard.PipelineState.News;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;

/** A table on the page: what is told of it, what that adds up to, and who looks at it. {@link Pulse} has the lock for it. */
final class Pipeline {
    /** Also when nothing is new: so a page knows that it is connected, and how old what it shows is. */
    private static final long QUIET_TICKS = 4;

    private final PipelineFeed feed;
    private final PipelineState state;
    private final EventStreams streams;
    private final PipelineMeters meters;
    private final VerificationRunner verifications;
    private long quietTicks;

    /**
     * @param tags what tells its figures from those of other tables, if there are others
     * @param mostPages how many pages may be open
     * @param onNews called when there is something that a page waits for
     */
    Pipeline(
            PipelineFeed feed,
            PipelineNames names,
            Optional<Verifier> verifier,
            MeterRegistry registry,
            Tags tags,
            int mostPages,
            Duration patience,
            Runnable onNews) {
        this.feed = feed;
        state = new PipelineState(names, verifier.isPresent(), feed.nowMillis());
        streams = new EventStreams(mostPages, patience, onNews);
        meters = new PipelineMeters(registry, tags, state, streams);
        verifications = new VerificationRunner(verifier, feed, onNews);
    }

    EventStreams streams() {
        return streams;
    }

    VerificationRunner verifications() {
        return verifications;
    }

    PipelineState state() {
        return state;
    }

    /**
     * Takes in what the feed was told, and sends it to the open pages: a frame is built once for all of them, and only when
     * there are any.
     *
     * @param all all tables of the page
     */
    void tick(boolean hurried, Collection<Pipeline> all) {
        long now = feed.nowMillis();
        News news = state.take(feed.drain(), now);
        meters.take(news);
        boolean quiet = news.changes().isEmpty()
                && news.batches().isEmpty()
                && news.marks().isEmpty()
                && news.points().isEmpty();
        quietTicks = quiet ? quietTicks + 1 : 0;
        if (streams.pages() > 0 && (!quiet || hurried || quietTicks % QUIET_TICKS == 0)) {
            Once<byte[]> whole = new Once<>(() -> Frames.frame(state, state.history(), true, all, now));
            streams.send(Frames.frame(state, news, false, all, now), whole::get);
        }
    }

    /** The status as JSON. */
    byte[] status(Collection<Pipeline> all) {
        return Frames.status(state, all, feed.nowMillis());
    }
}
