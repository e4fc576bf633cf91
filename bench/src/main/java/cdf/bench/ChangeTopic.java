package cdf.bench;

import cdf.generator.Change;
import cdf.generator.EventFormat;
import cdf.generator.EventWriter;
import cdf.generator.Mix;
import cdf.generator.Workload;
import cdf.generator.WorkloadSettings;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.producer.Generation;

/** A topic with the changes of a table: it begins with as many creates as the table has rows, then most are updates. */
final class ChangeTopic {
    static final int PARTITIONS = 4;

    /** As many creates as deletes: the table keeps its size. */
    private static final Mix MIX = new Mix(10, 80, 10);

    private final Topics topics;
    private final String name;
    private final Workload workload;
    private final EventWriter writer = new EventWriter(EventFormat.PLAIN);

    ChangeTopic(Topics topics, String name, int rows) {
        this.topics = topics;
        this.name = name;
        workload = new Workload(new WorkloadSettings(1, rows, MIX, 1, 1000));
        topics.ensure(name, PARTITIONS);
    }

    String name() {
        return name;
    }

    /** Sends the next changes, as fast as possible. */
    void publish(long changes) {
        try (Publisher publisher = Publisher.open(topics.connection(), name, Generation.UNPACED_LINGERING)) {
            for (long sent = 0; sent < changes; sent++) {
                Change change = workload.next();
                publisher.send(writer.key(change), writer.value(change, System.currentTimeMillis()), System.nanoTime());
            }
            publisher.flush();
        }
    }
}
