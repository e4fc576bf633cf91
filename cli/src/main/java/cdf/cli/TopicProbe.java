package cdf.cli;

import cdf.change.CdfException;
import cdf.change.EnvelopeReader;
import cdf.dashboard.Change;
import cdf.dashboard.PipelineFeed;
import cdf.kafka.Topics;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.KafkaException;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.locks.LockSupport;

/**
 * Looks twice a second how far the topic is ahead of the table, in a thread of its own. Where nobody watches the topic it
 * also reads the newest of its records, a few hundred a second at most, however many come.
 */
final class TopicProbe implements AutoCloseable {
    private static final Duration INTERVAL = Duration.ofMillis(500);

    /** How many of a partition's new records to read. */
    private static final long NEWEST = 50;

    private final Topics topics;
    private final String topic;
    private final PipelineFeed feed;
    private final ApplyFeed applying;
    private final boolean sampled;
    private final EnvelopeReader reader = new EnvelopeReader();
    private final Thread thread = new Thread(this::run, "topic-probe");

    /** Where the topic ended when we looked last: nowhere while it does not exist. */
    private Map<Integer, Long> seen = Map.of();

    private volatile boolean closing;

    TopicProbe(Topics topics, String topic, PipelineFeed feed, ApplyFeed applying, boolean sampled) {
        this.topics = topics;
        this.topic = topic;
        this.feed = feed;
        this.applying = applying;
        this.sampled = sampled;
        thread.setDaemon(true);
    }

    /** Notes where the topic ends now, as what all that comes is counted from, and goes on looking. */
    void start() {
        seen = topics.endOffsets(topic);
        if (seen.isEmpty()) {
            feed.topicMissing();
        } else {
            feed.measured(seen, Duration.ZERO);
        }
        thread.start();
    }

    private void run() {
        try (TopicPeek peek = new TopicPeek(topics.connection(), topic)) {
            while (!closing) {
                probe(peek);
                LockSupport.parkNanos(INTERVAL.toNanos());
            }
        }
    }

    /** Says that the topic ends where applying has come, because it does. */
    void noteEnd() {
        applying.positions().ifPresent(positions -> feed.measured(positions, Duration.ZERO));
    }

    private void probe(TopicPeek peek) {
        try {
            if (!topics.reachable()) {
                feed.brokerAway("none answers at " + topics.connection());
                return;
            }
            OptionalInt partitions = topics.partitions(topic);
            if (partitions.isEmpty()) {
                feed.topicMissing();
                return;
            }
            Map<Integer, Long> ends = peek.ends(partitions.getAsInt());
            applying.positions()
                    .map(positions -> peek.ageOfFirst(positions, ends))
                    .orElse(Optional.of(Duration.ZERO))
                    .ifPresent(oldest -> feed.measured(ends, oldest));
            if (sampled) {
                sample(peek, ends);
            }
        } catch (CdfException failure) {
            feed.brokerAway(failure.problem());
        } catch (KafkaException failure) {
            feed.brokerAway(topics.connection().explain(failure).problem());
        }
    }

    private void sample(TopicPeek peek, Map<Integer, Long> ends) {
        Map<Integer, Long> from = new HashMap<>();
        long came = 0;
        for (Map.Entry<Integer, Long> end : ends.entrySet()) {
            long before = Math.min(seen.getOrDefault(end.getKey(), 0L), end.getValue());
            came += end.getValue() - before;
            from.put(end.getKey(), Math.max(before, end.getValue() - NEWEST));
        }
        seen = ends;
        if (came == 0) {
            return;
        }
        List<ConsumerRecord<byte[], byte[]>> records = peek.records(from, ends);
        records.forEach(record -> feed.change(change(record)));
        feed.skipped(came - records.size());
    }

    private Change change(ConsumerRecord<byte[], byte[]> record) {
        return new Change(
                record.partition(),
                record.offset(),
                record.timestamp(),
                Optional.ofNullable(record.key()).map(key -> new String(key, StandardCharsets.UTF_8)),
                reader.read(record.value(), record.timestamp()));
    }

    @Override
    public void close() {
        closing = true;
        LockSupport.unpark(thread);
        try {
            thread.join();
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        }
    }
}
