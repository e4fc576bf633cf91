package cdf.lake;

import cdf.change.EnvelopeReader;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.ForeachWriter;
import org.apache.spark.sql.Row;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.unix_millis;

/**
 * Takes records from Spark's tasks to a listener in the same process. Spark serializes the writer, so it carries only a
 * number under which the tasks find what they report to.
 */
final class ListenerWriter extends ForeachWriter<Row> {
    private static final long serialVersionUID = 1L;

    /** The columns that the writer expects of a row, in this order. */
    static Column[] columns() {
        return new Column[] {col("partition"), col("offset"), unix_millis(col("timestamp")), col("key"), col("value")};
    }

    private static final Map<Long, Target> TARGETS = new ConcurrentHashMap<>();
    private static final AtomicLong NEXT_ID = new AtomicLong();

    private final long id;

    private ListenerWriter(long id) {
        this.id = id;
    }

    /** Registers a target; {@link #release()} forgets it. */
    static ListenerWriter to(Target target) {
        long id = NEXT_ID.incrementAndGet();
        TARGETS.put(id, target);
        return new ListenerWriter(id);
    }

    void release() {
        TARGETS.remove(id);
    }

    @Override
    public boolean open(long partitionId, long epochId) {
        return TARGETS.containsKey(id);
    }

    @Override
    public void process(Row row) {
        Target target = TARGETS.get(id);
        if (target != null) {
            target.report(row);
        }
    }

    @Override
    public void close(Throwable errorOrNull) {}

    /** Reports every record once: after a restart Spark may read again what was reported already. */
    static final class Target {
        private static final EnvelopeReader READER = new EnvelopeReader();

        private final WatchListener listener;
        private final Map<Integer, Long> nextOffsets;

        Target(WatchListener listener, Map<Integer, Long> nextOffsets) {
            this.listener = listener;
            this.nextOffsets = nextOffsets;
        }

        private void report(Row row) {
            int partition = row.getInt(0);
            long offset = row.getLong(1);
            if (offset < nextOffsets.getOrDefault(partition, 0L)) {
                return;
            }
            long timestampMillis = row.getLong(2);
            listener.onRecord(new WatchedRecord(
                    partition, offset, timestampMillis, key(row), READER.read(row.getAs(4), timestampMillis)));
            nextOffsets.put(partition, offset + 1);
        }

        private static Optional<String> key(Row row) {
            byte[] key = row.getAs(3);
            return Optional.ofNullable(key).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
        }
    }
}
