package cdf.bench;

import java.util.Comparator;
import java.util.List;
import java.util.Map;

/** How many bytes a heap holds, by the class of their objects. */
record HeapContent(Map<String, Long> bytes) {
    private static final String PAGE = "cdf.dashboard.";

    HeapContent {
        if (bytes.isEmpty()) {
            throw new IllegalStateException("a heap without an object");
        }
        bytes = Map.copyOf(bytes);
    }

    long total() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }

    /** The bytes of the live page's own objects, without the arrays and texts that they refer to. */
    long ofPage() {
        return bytes.entrySet().stream()
                .filter(content -> content.getKey().startsWith(PAGE))
                .mapToLong(Map.Entry::getValue)
                .sum();
    }

    /** The classes whose objects grew most, most first. */
    List<String> grownMost(HeapContent before, int classes) {
        return bytes.keySet().stream()
                .sorted(Comparator.comparingLong((String name) -> grown(before, name))
                        .reversed())
                .limit(classes)
                .toList();
    }

    long grown(HeapContent before, String name) {
        return bytes.getOrDefault(name, 0L) - before.bytes().getOrDefault(name, 0L);
    }
}
