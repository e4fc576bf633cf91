package cdf.kafka;

import java.util.Map;

/**
 * What there is of a topic.
 *
 * @param id what tells the topic from an earlier one of the same name (KIP-516)
 * @param beginningOffsets of each partition, the offset of the first record that is still there, or the end offset
 * @param endOffsets of each partition, the offset that its next record will have
 */
public record TopicContents(String id, Map<Integer, Long> beginningOffsets, Map<Integer, Long> endOffsets) {
    public TopicContents {
        beginningOffsets = Map.copyOf(beginningOffsets);
        endOffsets = Map.copyOf(endOffsets);
    }
}
