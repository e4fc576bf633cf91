package cdf.postgres;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What to capture, and under which names.
 *
 * @param tables at least one, none twice
 * @param topicPrefix a table's topic is {@code <prefix>.<schema>.<table>}; the positions are in {@code <prefix>.offsets}
 * @param slot the replication slot: lower-case letters, digits and underscores, 63 at most
 * @param publication the publication that lists the tables
 * @param partitions of a table's topic when cdf creates it; with more than one, the order among keys is lost
 * @param once end when all that was committed before the start is in Kafka
 */
public record CaptureSettings(
        DatabaseAddress database,
        List<TableName> tables,
        String topicPrefix,
        String slot,
        String publication,
        int partitions,
        boolean once) {
    /** PostgreSQL's limit of a name, in bytes. */
    private static final int LONGEST_NAME = 63;

    private static final Pattern SLOT = Pattern.compile("[a-z0-9_]{1,63}");
    private static final Pattern PREFIX = Pattern.compile("[a-zA-Z0-9._-]{1,180}");

    public CaptureSettings {
        tables = List.copyOf(tables);
        List<String> problems = problems(tables, topicPrefix, slot, publication, partitions);
        if (!problems.isEmpty()) {
            throw new IllegalArgumentException(String.join("; ", problems));
        }
    }

    /** Settings with the names that the prefix gives, and topics of one partition. */
    public CaptureSettings(DatabaseAddress database, List<TableName> tables, String topicPrefix) {
        this(database, tables, topicPrefix, defaultName(topicPrefix), defaultName(topicPrefix), 1, false);
    }

    /** The same, but ending when all that was committed before the start is in Kafka. */
    public CaptureSettings endingOnce() {
        return new CaptureSettings(database, tables, topicPrefix, slot, publication, partitions, true);
    }

    /** The name of the slot and of the publication, where the user gives none. */
    public static String defaultName(String topicPrefix) {
        String name = "cdf_" + topicPrefix.toLowerCase(Locale.ROOT).replaceAll("[^a-z0-9_]", "_");
        return name.substring(0, Math.min(name.length(), LONGEST_NAME));
    }

    /** All that is wrong with the settings, by the option to mend. */
    public static List<String> problems(
            List<TableName> tables, String topicPrefix, String slot, String publication, int partitions) {
        List<String> problems = new ArrayList<>();
        if (tables.isEmpty()) {
            problems.add("--tables: name at least one table, such as public.users");
        }
        if (!PREFIX.matcher(topicPrefix).matches()) {
            problems.add("--topic-prefix: '" + topicPrefix
                    + "' cannot begin a topic's name: letters, digits, '.', '_' and '-', 180 at most");
        }
        if (!SLOT.matcher(slot).matches()) {
            problems.add(
                    "--slot: '" + slot + "' cannot be a slot's name: lower-case letters, digits and '_', 63 at most");
        }
        if (publication.isBlank() || publication.length() > LONGEST_NAME) {
            problems.add("--publication: '" + publication + "' cannot be a publication's name");
        }
        if (partitions < 1) {
            problems.add("--partitions: " + partitions + " is not at least 1");
        }
        problems.addAll(topicClashes(tables, topicPrefix));
        return problems;
    }

    private static List<String> topicClashes(List<TableName> tables, String topicPrefix) {
        List<String> problems = new ArrayList<>();
        Map<String, TableName> byTopic = new HashMap<>();
        for (TableName table : tables) {
            String topic = table.topic(topicPrefix);
            TableName other = byTopic.put(topic, table);
            if (table.equals(other)) {
                problems.add("--tables: " + table + " is there twice");
            } else if (other != null || topic.equals(offsetsTopic(topicPrefix))) {
                problems.add("--tables: " + table + " and " + (other == null ? "the positions" : other)
                        + " would share the topic " + topic + "; capture one of them with another --topic-prefix");
            }
        }
        return problems;
    }

    static String offsetsTopic(String topicPrefix) {
        return topicPrefix + ".offsets";
    }

    /** Where the positions are kept, compacted. */
    public String offsetsTopic() {
        return offsetsTopic(topicPrefix);
    }

    /** The topics of the tables, in the tables' order. */
    public List<String> topics() {
        return tables.stream().map(table -> table.topic(topicPrefix)).toList();
    }
}
