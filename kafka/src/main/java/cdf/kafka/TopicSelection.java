package cdf.kafka;

import cdf.change.CdfException;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Which topics a command takes, each for a table of its own, and what their tables are called. */
public sealed interface TopicSelection {
    /**
     * The names of the topics.
     *
     * @throws CdfException if they must be looked up, and no broker answers
     */
    Set<String> topics(Topics cluster);

    /** The name of a topic's table. */
    String tableName(String topic);

    /** Topics by name, whether they exist yet or not. */
    record Named(List<String> names) implements TopicSelection {
        public Named {
            names = List.copyOf(names);
            if (names.isEmpty()) {
                throw new IllegalArgumentException("no topic");
            }
        }

        @Override
        public Set<String> topics(Topics cluster) {
            return new TreeSet<>(names);
        }

        @Override
        public String tableName(String topic) {
            return topic;
        }

        @Override
        public String toString() {
            return String.join(", ", names);
        }
    }

    /**
     * All topics that there are whose names begin with the prefix and a dot, but those that a connector keeps for itself.
     * The table of {@code shop.public.users} with the prefix {@code shop} is {@code public.users}.
     */
    record Prefixed(String prefix) implements TopicSelection {
        /** A connector's topics that have no changes of a table: its offsets, signs of life and transaction borders. */
        private static final Set<String> NO_TABLES = Set.of("offsets", "heartbeat", "transaction");

        public Prefixed {
            if (prefix.isBlank()) {
                throw new IllegalArgumentException("no prefix");
            }
        }

        @Override
        public Set<String> topics(Topics cluster) {
            Set<String> found = new TreeSet<>(cluster.names());
            found.removeIf(topic -> !isOfTable(topic));
            return found;
        }

        private boolean isOfTable(String topic) {
            if (!topic.startsWith(prefix + ".")) {
                return false;
            }
            String name = tableName(topic);
            // A name that begins with a dot is no name of a directory: one of dots alone would be another directory's.
            return !name.isEmpty() && !name.startsWith(".") && !NO_TABLES.contains(name);
        }

        @Override
        public String tableName(String topic) {
            return topic.substring(prefix.length() + 1);
        }

        @Override
        public String toString() {
            return prefix + ".*";
        }
    }
}
