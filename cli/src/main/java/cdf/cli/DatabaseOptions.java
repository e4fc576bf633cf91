package cdf.cli;

import cdf.kafka.KafkaConnection;
import cdf.postgres.CaptureSettings;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.Passwords;
import cdf.postgres.TableName;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The database to compare a table with. */
final class DatabaseOptions {
    /** The topics of {@code cdf capture}. */
    private static final Pattern TOPIC = Pattern.compile("(?<prefix>.+)\\.(?<schema>[^.]+)\\.(?<table>[^.]+)");

    @Option(
            names = "--database",
            paramLabel = "URL",
            description =
                    "Compare the table also with the PostgreSQL database itself, postgresql://USER@HOST:PORT/NAME, at one"
                            + " moment, while both go on; cdf capture must be running. The topic is the capture's,"
                            + " PREFIX.SCHEMA.TABLE. The password: as for cdf capture.")
    private @Nullable String database;

    @Option(
            names = "--slot",
            paramLabel = "NAME",
            description = "The replication slot of cdf capture. Default: the one that it names by itself.")
    private @Nullable String slot;

    List<String> problems(String topic) {
        if (database == null) {
            return slot == null ? List.of() : List.of("--slot: only with --database");
        }
        try {
            DatabaseAddress.parse(database);
        } catch (IllegalArgumentException wrong) {
            return List.of("--database: " + wrong.getMessage());
        }
        return TOPIC.matcher(topic).matches()
                ? List.of()
                : List.of("--topic: '" + topic + "' is none of cdf capture, which are PREFIX.SCHEMA.TABLE");
    }

    /** The table of the database that a topic tells of, if it is to be compared; call it only without {@link #problems}. */
    Optional<DatabaseSource> source(String topic, Map<String, String> environment, KafkaConnection kafka) {
        Matcher names = TOPIC.matcher(topic);
        if (database == null || !names.matches()) {
            return Optional.empty();
        }
        return Optional.of(new DatabaseSource(
                Passwords.add(DatabaseAddress.parse(database), environment, kafka.properties()),
                new TableName(names.group("schema"), names.group("table")),
                slot == null ? CaptureSettings.defaultName(names.group("prefix")) : slot));
    }
}
