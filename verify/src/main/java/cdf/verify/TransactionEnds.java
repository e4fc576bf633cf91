package cdf.verify;

import org.apache.kafka.clients.consumer.ConsumerRecord;

import java.util.BitSet;
import java.util.OptionalLong;

/** Where in a topic of one partition the source's transactions begin and end. Not thread-safe. */
final class TransactionEnds {
    private final PlainDecoder decoder;
    private final BitSet events = new BitSet();
    private final BitSet first = new BitSet();
    private boolean endIsBetween;
    private OptionalLong current = OptionalLong.empty();

    TransactionEnds(PlainDecoder decoder) {
        this.decoder = decoder;
    }

    /** Takes the topic's next record. */
    void take(ConsumerRecord<byte[], byte[]> record) {
        OptionalLong transaction = decoder.transaction(record.value());
        if (transaction.isPresent()) {
            int offset = Math.toIntExact(record.offset());
            events.set(offset);
            first.set(offset, !transaction.equals(current));
            current = transaction;
        }
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
