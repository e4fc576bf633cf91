package cdf.cli;

import cdf.change.CdfException;
import cdf.change.ExitCode;
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

    /** @param topics those that are known by their names already */
    List<String> problems(List<String> topics) {
        if (database == null) {
            return slot == null ? List.of() : List.of("--slot: only with --database");
        }
        try {
            DatabaseAddress.parse(database);
        } catch (IllegalArgumentException wrong) {
            return List.of("--database: " + wrong.getMessage());
        }
        return topics.stream()
                .filter(topic -> !TOPIC.matcher(topic).matches())
                .map(topic -> "--topic: " + notOfCapture(topic))
                .toList();
    }

    private static String notOfCapture(String topic) {
        return "'" + topic + "' is none of cdf capture, which are PREFIX.SCHEMA.TABLE";
    }

    /**
     * The table of the database that a topic tells of, if it is to be compared; call it only without {@link #problems}.
     *
     * @throws CdfException if a topic that was looked up is none of a capture
     */
    Optional<DatabaseSource> source(String topic, Map<String, String> environment, KafkaConnection kafka) {
        if (database == null) {
            return Optional.empty();
        }
        Matcher names = TOPIC.matcher(topic);
        if (!names.matches()) {
            throw new CdfException(
                    ExitCode.FAILED, notOfCapture(topic), "leave --database out, or name topics of cdf capture");
        }
        return Optional.of(new DatabaseSource(
                Passwords.add(DatabaseAddress.parse(database), environment, kafka.properties()),
                new TableName(names.group("schema"), names.group("table")),
                slot == null ? CaptureSettings.defaultName(names.group("prefix")) : slot));
    }
}
