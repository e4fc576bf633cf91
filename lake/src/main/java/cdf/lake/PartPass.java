package cdf.lake;

import cdf.change.EventDecoder;
import cdf.change.EventDecoder.Outcome;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.jspecify.annotations.Nullable;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The pass over one task's part of a micro-batch. Not thread-safe. */
final class PartPass {
    private final TableSchema schema;
    private final Map<Integer, Long> from;
    private final long maxRejectedBytes;
    private final EventDecoder decoder;
    private final TableColumns.RowWriter writer;
    private final LatestChanges latest;
    private final boolean sequenced;
    private final Foreknowledge known;
    private final PartialUpdates partialUpdates = new PartialUpdates();
    private final UnsafeRow earlierRow;
    private final Map<Integer, Long> nextOffsets = new HashMap<>();
    private final List<Row> rejected = new ArrayList<>();
    private final List<OtherSchema> otherSchemas = new ArrayList<>();

    private long read;
    private long ignored;
    private long truncations;
    private long rejectedCount;
    private long rejectedBytes;
    private @Nullable MovedKey movedKey;

    /** The partition of the record before, and what comes next in it; a partition's records follow each other. */
    private int partition = -1;

    private long nextOffset;

    /** Whether nothing more is read of the partition: the table must change first. */
    private boolean cut;

    /**
     * @param sequenceBy where the number is that orders changes; null if the topic does
     * @param learning whether the table follows the schemas of its events
     * @param from the table's positions: records before them are left out
     * @param known what is to be known of the table's rows
     * @param maxRejectedBytes how many bytes of rejected events to report at most
     */
    PartPass(
            TableSchema schema,
            @Nullable SequencePath sequenceBy,
            boolean learning,
            Map<Integer, Long> from,
            Foreknowledge known,
            long maxRejectedBytes) {
        this.schema = schema;
        this.from = from;
        this.known = known;
        earlierRow = new UnsafeRow(schema.columns().size() + (sequenceBy == null ? 0 : 1));
        this.maxRejectedBytes = maxRejectedBytes;
        sequenced = sequenceBy != null;
        decoder = new EventDecoder(schema, Optional.ofNullable(sequenceBy), learning);
        writer = new TableColumns.RowWriter(schema, sequenced);
        latest = new LatestChanges(sequenced);
    }

    /** Takes the next record. */
    void take(ConsumerRecord<byte[], byte[]> record) {
        int origin = record.partition();
        long offset = record.offset();
        if (origin != partition) {
            notePosition();
            partition = origin;
            nextOffset = from.getOrDefault(origin, 0L);
            cut = false;
        }
        if (cut || offset < nextOffset) {
            return;
        }
        Outcome outcome = decoder.decode(record.key(), record.value());
        if (outcome == Outcome.OTHER_SCHEMA) {
            otherSchemas.add(new OtherSchema(origin, offset, decoder.eventSchema()));
            cut = true;
            return;
        }
        read++;
        nextOffset = offset + 1;
        switch (outcome) {
            case UPSERT -> {
                if (decoder.isPartial()) {
                    takePartial(record);
                } else if (!isLate()) {
                    keep(latest.upsert(
                            decoder.keyHigh(),
                            decoder.keyLow(),
                            origin,
                            decoder.sequence(),
                            writer.write(decoder.row(), decoder.sequence())));
                }
            }
            case DELETE -> {
                if (!isLate()) {
                    keep(latest.delete(decoder.keyHigh(), decoder.keyLow(), origin, decoder.sequence()));
                }
            }
            case TRUNCATE -> {
                latest.truncate();
                truncations++;
            }
            case IGNORED -> ignored++;
            case REJECTED -> reject(record, decoder.reason(), decoder.columnAtFault());
            case OTHER_SCHEMA -> throw new IllegalStateException("not counted");
        }
    }

    private boolean isLate() {
        if (!sequenced) {
            return false;
        }
        if (!latest.truncated() && known.isLate(decoder.keyHigh(), decoder.keyLow(), decoder.sequence())) {
            ignored++;
            return true;
        }
        return latest.isLate(decoder.keyHigh(), decoder.keyLow(), decoder.sequence());
    }

    /** Takes an update whose event does not have the values that it left as they were: they are those of the row before. */
    private void takePartial(ConsumerRecord<byte[], byte[]> record) {
        long high = decoder.keyHigh();
        long low = decoder.keyLow();
        if (isLate()) {
            return;
        }
        BitSet missing = missing();
        int earlier = latest.entryOf(high, low);
        boolean first = earlier == LatestChanges.NONE;
        if (sequenced && !first && !latest.truncated()) {
            partialUpdates.addPredecessor(high, low, latest.sequence(earlier));
        }
        if (first ? latest.truncated() || known.isAbsent(high, low) : latest.isDeleted(earlier)) {
            String column = schema.columns().get(missing.nextSetBit(0)).name();
            reject(
                    record,
                    "column \"" + column
                            + "\" of \"after\": the update left the value as it was, and there is no row that"
                            + " has it",
                    Optional.of(column));
            return;
        }
        boolean needsTable = first;
        UnsafeRow row;
        if (first) {
            row = writer.write(decoder.row(), decoder.sequence());
        } else {
            latest.pointTo(earlier, earlierRow);
            row = writer.write(decoder.row(), decoder.sequence(), earlierRow);
            BitSet missingBefore = latest.missing(earlier);
            needsTable = missingBefore != null;
            if (missingBefore != null) {
                missing.and(missingBefore);
            }
        }
        if (needsTable) {
            long sequence = sequenced ? decoder.sequence() : Long.MAX_VALUE;
            partialUpdates.addFirst(new PartialUpdates.First(new HashedKey(high, low), sequence));
            keep(latest.upsertPartial(high, low, partition, decoder.sequence(), row, missing));
        } else {
            keep(latest.upsert(high, low, partition, decoder.sequence(), row));
        }
    }

    private BitSet missing() {
        BitSet missing = new BitSet();
        for (int column = 0; column < schema.columns().size(); column++) {
            missing.set(column, decoder.row().isUnavailable(column));
        }
        return missing;
    }

    /** Notes where to go on in the partition of the record before, if one of its records was taken. */
    private void notePosition() {
        if (nextOffset > from.getOrDefault(partition, 0L)) {
            nextOffsets.put(partition, nextOffset);
        }
    }

    private void keep(int earlierOrigin) {
        if (earlierOrigin != partition && movedKey == null) {
            movedKey = new MovedKey(decoder.keyHigh(), decoder.keyLow(), earlierOrigin, partition);
        }
    }

    private void reject(ConsumerRecord<byte[], byte[]> record, String reason, Optional<String> columnAtFault) {
        byte @Nullable [] key = record.key();
        byte @Nullable [] value = record.value();
        rejectedCount++;
        rejectedBytes +=
                (key == null ? 0 : key.length) + (value == null ? 0 : value.length) + DeadLetters.OVERHEAD_BYTES;
        if (rejectedBytes <= maxRejectedBytes) {
            rejected.add(DeadLetters.row(
                    partition, record.offset(), 1_000 * record.timestamp(), key, value, reason, columnAtFault));
        }
    }

    /** What was found; the rows are had besides. */
    PassReport report(int task) {
        notePosition();
        latest.forEachIncomplete(partialUpdates::addRow);
        return new PassReport(
                task,
                read,
                ignored,
                latest.superseded(),
                truncations,
                latest.changedKeys(),
                nextOffsets,
                rejectedCount,
                rejected,
                movedKey,
                otherSchemas,
                partialUpdates);
    }

    Iterator<InternalRow> rows() {
        return latest.rows(schema.columns().size() + (sequenced ? 1 : 0));
    }
}
