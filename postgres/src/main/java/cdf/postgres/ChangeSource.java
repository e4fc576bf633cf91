package cdf.postgres;

import io.debezium.connector.postgresql.PostgresConnector;
import io.debezium.connector.postgresql.PostgresConnectorTask;
import io.debezium.data.Envelope;
import org.apache.kafka.common.metrics.PluginMetrics;
import org.apache.kafka.connect.data.Struct;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTaskContext;
import org.apache.kafka.connect.storage.OffsetStorageReader;
import org.jspecify.annotations.Nullable;

import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Debezium's connector for PostgreSQL, polled. It is started without a position: it streams from where the slot is, so
 * nothing depends on how it would find a place inside a transaction again. Used by one thread; {@link #acknowledge} and all
 * else by the same.
 */
final class ChangeSource implements AutoCloseable {
    /** How long a change may wait for others to come with it, and how long an idle connector sleeps. */
    private static final String POLL_MILLIS = "10";

    /** How often the position is told when no table changes. */
    private static final String HEARTBEAT_MILLIS = "100";

    private static final String MARK_PREFIX = "cdf";

    private static final String COMMIT = "lsn_commit";
    private static final String SNAPSHOT = "snapshot";

    private final PostgresConnectorTask task = new PostgresConnectorTask();
    private final Map<String, String> configuration;

    /** The newest position whose events are in Kafka for good; null until there is one. */
    private volatile @Nullable Map<String, Object> acknowledged;

    /** What the rows of the snapshot have for their {@code source.lsn}. */
    private Lsn snapshotLsn = Lsn.NONE;

    /**
     * @param snapshotTables what to read whole first
     * @param slotExists whether the slot was there before: then the tables are read at another moment than its own
     */
    ChangeSource(CaptureSettings settings, Set<TableName> snapshotTables, boolean slotExists) {
        configuration = configuration(settings, snapshotTables, slotExists);
    }

    private static Map<String, String> configuration(
            CaptureSettings settings, Set<TableName> snapshotTables, boolean slotExists) {
        Map<String, String> all = new TreeMap<>();
        DatabaseAddress database = settings.database();
        all.put("name", settings.slot());
        all.put("connector.class", PostgresConnector.class.getName());
        all.put("topic.prefix", settings.topicPrefix());
        all.put("database.hostname", database.host());
        all.put("database.port", Integer.toString(database.port()));
        all.put("database.dbname", database.database());
        all.put("database.user", database.user());
        all.put("database.password", database.password().orElse(""));
        database.driverParameters().forEach((name, value) -> all.put("database." + name, value));
        all.put("plugin.name", "pgoutput");
        all.put("slot.name", settings.slot());
        all.put("publication.name", Sql.identifier(settings.publication()));
        all.put("publication.autocreate.mode", "disabled");
        all.put("table.include.list", patterns(settings.tables()));
        if (snapshotTables.isEmpty()) {
            all.put("snapshot.mode", "no_data");
        } else {
            all.put("snapshot.include.collection.list", patterns(snapshotTables));
            all.put("snapshot.mode", slotExists ? "custom" : "initial");
            all.put("snapshot.mode.custom.name", FurtherSnapshot.NAME);
        }
        // A truncation counts, and so does a column of a type that Debezium does not know: it comes as its text's
        // bytes.
        all.put("skipped.operations", "none");
        all.put("include.unknown.datatypes", "true");
        // Else a value that cannot be converted is null in the event.
        all.put("event.converting.failure.handling.mode", "fail");
        all.put("post.processors", UnsentValues.NAME);
        all.put("post.processors." + UnsentValues.NAME + ".type", UnsentValues.class.getName());
        all.put("message.prefix.include.list", MARK_PREFIX);
        all.put("heartbeat.interval.ms", HEARTBEAT_MILLIS);
        all.put("poll.interval.ms", POLL_MILLIS);
        all.put("max.batch.size", "4096");
        all.put("max.queue.size", "16384");
        all.put("max.queue.size.in.bytes", Integer.toString(128 << 20));
        // The server decides how long a new slot waits for the transactions that run, not a timeout.
        all.put("create.slot.command.timeout", "1000000");
        // Failures come to us: only we know whether the slot is still the one that we had.
        all.put("errors.max.retries", "0");
        all.put("slot.max.retries", "0");
        all.put("status.update.interval.ms", "5000");
        return all;
    }

    /** The tables as regular expressions, which Debezium matches whole, and separates by commas. */
    private static String patterns(Collection<TableName> tables) {
        return tables.stream()
                .map(table -> escaped(table.schema()) + "\\." + escaped(table.table()))
                .collect(Collectors.joining(","));
    }

    private static String escaped(String name) {
        return name.replaceAll("([^a-zA-Z0-9_])", "\\\\$1").replace("\\,", "\\x2C");
    }

    /** Starts the connector, which creates the slot if there is none, and waits then for all transactions that run. */
    void start() {
        task.initialize(new Context());
        task.start(configuration);
    }

    /**
     * Gives the rows of the snapshot this {@code source.lsn}: one below those of all changes that come from the slot, and above
     * those of earlier ones. Debezium's own is the moment at which the tables were read, but a transaction that ran at that
     * moment has changes with lower numbers, and their order would be lost.
     */
    void numberSnapshot(Lsn lsn) {
        snapshotLsn = lsn;
    }

    /** The next records; none if there were none for a moment. */
    List<SourceRecord> poll() throws InterruptedException {
        List<SourceRecord> records = task.poll();
        if (records == null) {
            return List.of();
        }
        for (SourceRecord record : records) {
            if (inSnapshot(record.sourceOffset())
                    && record.value() instanceof Struct envelope
                    && envelope.schema().field(Envelope.FieldName.SOURCE) != null) {
                envelope.getStruct(Envelope.FieldName.SOURCE).put("lsn", snapshotLsn.value());
            }
        }
        return records;
    }

    /** Whether a position is one inside the snapshot. */
    static boolean inSnapshot(Map<String, ?> offset) {
        return offset.get(SNAPSHOT) != null;
    }

    /** Up to where all transactions are complete with this position; {@link Lsn#NONE} if it does not tell. */
    static Lsn committed(Map<String, ?> offset) {
        return offset.get(COMMIT) instanceof Long lsn ? new Lsn(lsn) : Lsn.NONE;
    }

    /** Lets the slot move on to this position, with the next poll. */
    void acknowledge(Map<String, ?> offset) throws InterruptedException {
        acknowledged = new HashMap<>(offset);
        task.commit();
    }

    /** Ends the connector; the slot moves on to the acknowledged position. */
    @Override
    public void close() {
        task.stop();
    }

    /** What a worker of Kafka Connect would give. */
    private final class Context implements SourceTaskContext, OffsetStorageReader {
        @Override
        public Map<String, String> configs() {
            return configuration;
        }

        @Override
        public OffsetStorageReader offsetStorageReader() {
            return this;
        }

        @Override
        public @Nullable PluginMetrics pluginMetrics() {
            return null;
        }

        @Override
        public <T> @Nullable Map<String, Object> offset(Map<String, T> partition) {
            return acknowledged;
        }

        @Override
        public <T> Map<Map<String, T>, Map<String, Object>> offsets(Collection<Map<String, T>> partitions) {
            Map<Map<String, T>, Map<String, Object>> all = new HashMap<>();
            Map<String, Object> known = acknowledged;
            if (known != null) {
                partitions.forEach(partition -> all.put(partition, known));
            }
            return all;
        }
    }
}
