package cdf.lake;

import cdf.change.Decoded;

import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Remembers what a watch reported. */
final class Recorder implements WatchListener {
    private final Map<Integer, List<WatchedRecord>> records = new ConcurrentHashMap<>();
    private final List<String> notices = new CopyOnWriteArrayList<>();

    @Override
    public void onRecord(WatchedRecord record) {
        records.computeIfAbsent(record.partition(), partition -> new CopyOnWriteArrayList<>())
                .add(record);
    }

    @Override
    public void onNotice(String notice) {
        notices.add(notice);
    }

    int count() {
        return records.values().stream().mapToInt(List::size).sum();
    }

    /** The offsets of each partition in the order of the reports. */
    Map<Integer, List<Long>> offsets() {
        return records.entrySet().stream()
                .collect(Collectors.toMap(Map.Entry::getKey, partition -> partition.getValue().stream()
                        .map(WatchedRecord::offset)
                        .toList()));
    }

    long firstOffset(int partition) {
        return records.getOrDefault(partition, List.of()).get(0).offset();
    }

    Stream<WatchedRecord> records() {
        return records.values().stream().flatMap(List::stream);
    }

    Stream<WatchedRecord> rejected() {
        return records().filter(record -> record.decoded() instanceof Decoded.Rejected);
    }

    boolean noticed(String text) {
        return notices.stream().anyMatch(notice -> notice.contains(text));
    }

    List<String> notices() {
        return List.copyOf(notices);
    }
}
