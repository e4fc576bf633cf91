package cdf.verify;

import org.apache.kafka.clients.consumer.ConsumerRecord;

import java.util.BitSet;

/** Where in a topic of one partition the source's transactions begin and end. Not thread-safe. */
final class TransactionEnds {
    /** Below all numbers that there are. */
    private static final long NONE = -1;

    private final BitSet events = new BitSet();
    private final BitSet first = new BitSet();
    private boolean endIsBetween;
    private long transaction = NONE;
    private long highest = NONE;

    /** Takes the topic's next record. */
    void take(ConsumerRecord<byte[], byte[]> record) {
        PlainDecoder.origin(record.value()).ifPresent(origin -> {
            int offset = Math.toIntExact(record.offset());
            events.set(offset);
            // A capture that was killed begins again with older transactions, when the table may have a part of a later
            // one.
            first.set(offset, origin.transaction() != transaction && origin.position() > highest);
            transaction = origin.transaction();
            highest = Math.max(highest, origin.position());
        });
    }

    /** Says that the topic's last transaction is whole. */
    void takeEnd() {
        endIsBetween = true;
    }

    /** Whether what comes before an offset is whole transactions, as far as that is known. */
    boolean isBetween(long offset) {
        int next = events.nextSetBit(Math.toIntExact(offset));
        return next < 0 ? endIsBetween : first.get(next);
    }
}
