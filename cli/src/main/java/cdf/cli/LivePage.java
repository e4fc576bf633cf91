package cdf.cli;

import cdf.dashboard.Change;
import cdf.dashboard.Dashboard;
import cdf.dashboard.DashboardSettings;
import cdf.dashboard.PipelineFeed;
import cdf.dashboard.PipelineNames;
import cdf.kafka.Topics;
import cdf.lake.ApplyListener;
import cdf.lake.WatchListener;
import cdf.lake.WatchedRecord;
import cdf.producer.Terminal;

import java.util.Optional;
import java.util.function.Supplier;

/** The live page of a command that applies a topic, if one is wanted: tells the dashboard all that it shows. */
public sealed interface LivePage extends AutoCloseable {
    /** A listener that tells the page as well. */
    ApplyListener with(ApplyListener other);

    /** A listener that tells the page as well. */
    WatchListener with(WatchListener other);

    /** Does the work, and tells the page how it ended. */
    <T> T during(Supplier<T> work);

    /** Does the work, and tells the page how it ended. */
    default void during(Runnable work) {
        var unused = during(() -> {
            work.run();
            return true;
        });
    }

    /** Where a browser finds the page, if there is one. */
    Optional<String> address();

    @Override
    void close();

    /** No page. */
    static LivePage none() {
        return new None();
    }

    /**
     * Serves the page and tells its address.
     *
     * @param names what the page calls topic and table
     * @param sampled whether to look into the topic for the changes that the page shows, for a command that does not
     *     watch it
     */
    static LivePage serve(
            DashboardSettings settings, Topics topics, PipelineNames names, boolean sampled, Terminal terminal) {
        PipelineFeed feed = new PipelineFeed();
        Dashboard dashboard = Dashboard.start(settings, feed, names, Optional.of(new PageVerifier(topics, names)));
        boolean elsewhere = settings.port().isEmpty() && dashboard.port() != DashboardSettings.DEFAULT_PORT;
        terminal.notice((elsewhere ? "port " + DashboardSettings.DEFAULT_PORT + " is taken; the" : "the")
                + " live page is at " + dashboard.address());
        ApplyFeed applying = new ApplyFeed(feed);
        TopicProbe probe = new TopicProbe(topics, names.topic(), feed, applying, sampled);
        try {
            probe.start();
        } catch (RuntimeException failure) {
            dashboard.close();
            throw failure;
        }
        return new Served(feed, applying, probe, dashboard);
    }

    /** No page. */
    record None() implements LivePage {
        @Override
        public ApplyListener with(ApplyListener other) {
            return other;
        }

        @Override
        public WatchListener with(WatchListener other) {
            return other;
        }

        @Override
        public <T> T during(Supplier<T> work) {
            return work.get();
        }

        @Override
        public Optional<String> address() {
            return Optional.empty();
        }

        @Override
        public void close() {}
    }

    /** A page that is served. */
    record Served(PipelineFeed feed, ApplyFeed applying, TopicProbe probe, Dashboard dashboard) implements LivePage {
        @Override
        public ApplyListener with(ApplyListener other) {
            return new BothApplyListeners(applying, other);
        }

        @Override
        public WatchListener with(WatchListener other) {
            return new WatchListener() {
                @Override
                public void onRecord(WatchedRecord record) {
                    feed.change(new Change(
                            record.partition(),
                            record.offset(),
                            record.timestampMillis(),
                            record.key(),
                            record.decoded()));
                    other.onRecord(record);
                }

                @Override
                public void onNotice(String notice) {
                    other.onNotice(notice);
                }
            };
        }

        @Override
        public <T> T during(Supplier<T> work) {
            try {
                T result = work.get();
                probe.noteEnd();
                feed.ended();
                return result;
            } catch (RuntimeException failure) {
                feed.failed(failure);
                throw failure;
            }
        }

        @Override
        public Optional<String> address() {
            return Optional.of(dashboard.address());
        }

        @Override
        public void close() {
            probe.close();
            dashboard.close();
        }
    }
}
