package cdf.cli;

import cdf.change.CdfException;
import cdf.dashboard.Dashboard;
import cdf.dashboard.DashboardSettings;
import cdf.dashboard.PipelineFeed;
import cdf.dashboard.PipelineNames;
import cdf.kafka.Topics;
import cdf.lake.ApplyListener;
import cdf.producer.Terminal;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The live page of several tables: tells the dashboard all that it shows, and another listener as well. Thread-safe. */
final class TablesPage implements TablesOutput {
    private record Shown(PipelineFeed feed, TopicProbe probe) {}

    private final Topics topics;
    private final Dashboard dashboard;
    private final TablesOutput other;

    /** The tables by their topics; one that has failed is no longer among them. */
    private final Map<String, Shown> running = new ConcurrentHashMap<>();

    private final Map<String, Shown> all = new ConcurrentHashMap<>();

    private TablesPage(Topics topics, Dashboard dashboard, TablesOutput other) {
        this.topics = topics;
        this.dashboard = dashboard;
        this.other = other;
    }

    /** Serves the page and tells its address. */
    static TablesPage serve(DashboardSettings settings, Topics topics, Terminal terminal, TablesOutput other) {
        Dashboard dashboard = Dashboard.startForSeveral(settings);
        terminal.notice("the live page is at " + dashboard.address());
        return new TablesPage(topics, dashboard, other);
    }

    @Override
    public ApplyListener onTable(String topic, String table) {
        PipelineFeed feed = new PipelineFeed();
        ApplyFeed applying = new ApplyFeed(feed);
        TopicProbe probe = new TopicProbe(topics, topic, feed, applying, true);
        probe.start();
        Shown shown = new Shown(feed, probe);
        all.put(topic, shown);
        running.put(topic, shown);
        PipelineNames names = new PipelineNames(topics.connection().bootstrapServers(), topic, table);
        dashboard.add(feed, names, Optional.of(new PageVerifier(topics, names)));
        return new BothApplyListeners(applying, other.onTable(topic, table));
    }

    @Override
    public void onFailure(String topic, String table, CdfException failure) {
        Shown failed = running.remove(topic);
        if (failed != null) {
            failed.feed().failed(failure);
        }
        other.onFailure(topic, table, failure);
    }

    @Override
    public void onNotice(String notice) {
        other.onNotice(notice);
    }

    /** Says that applying has ended, in all tables that did not fail. */
    @Override
    public void close() {
        running.values().forEach(ended -> {
            ended.probe().noteEnd();
            ended.feed().ended();
        });
        all.values().forEach(shown -> shown.probe().close());
        dashboard.close();
        other.close();
    }
}
