package cdf.producer;

import cdf.kafka.KafkaConnection;
import cdf.postgres.Capture;
import cdf.postgres.CaptureSettings;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.Passwords;
import cdf.postgres.TableName;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What to capture: the options of {@code capture} besides Kafka's. */
final class CaptureOptions {
    @Option(
            names = "--database",
            paramLabel = "URL",
            description =
                    "The database, postgresql://USER@HOST:PORT/NAME?sslmode=... The password is not part of it: give it"
                            + " in PGPASSWORD, in the file of PGPASSFILE (~/.pgpass), or as database.password in the file of"
                            + " --command-config.")
    private @Nullable String database;

    @Option(
            names = "--tables",
            paramLabel = "SCHEMA.TABLE",
            split = ",",
            description = "The tables, separated by commas. Each needs a primary key.")
    private List<String> tables = new ArrayList<>();

    @Option(
            names = "--topic-prefix",
            paramLabel = "NAME",
            description =
                    "A table's topic is NAME.SCHEMA.TABLE; the positions are in NAME.offsets. Default: that of --topic.")
    private @Nullable String topicPrefix;

    @Option(
            names = "--slot",
            paramLabel = "NAME",
            description = "The replication slot; it is created. Default: cdf_ and the topic prefix.")
    private @Nullable String slot;

    @Option(
            names = "--publication",
            paramLabel = "NAME",
            description =
                    "The publication; it is created, or gets the tables that it lacks. Default: cdf_ and the topic"
                            + " prefix.")
    private @Nullable String publication;

    @Option(
            names = "--partitions",
            paramLabel = "N",
            defaultValue = "1",
            description =
                    "The partitions of a table's topic, when it is created. With several, the changes of one row keep"
                            + " their order, those of different rows do not. Default: 1.")
    private int partitions;

    @Option(names = "--once", description = "End when all that was committed before the start is in Kafka.")
    private boolean once;

    @Option(
            names = "--drop-slot",
            description =
                    "Remove the slot, the publication and the positions, and end. As long as the slot exists, the server"
                            + " keeps its log for it.")
    private boolean dropSlot;

    /** All that is wrong with these options. */
    List<String> problems(String topic) {
        List<String> problems = new ArrayList<>();
        try {
            address();
        } catch (IllegalArgumentException wrong) {
            problems.add("--database: " + wrong.getMessage());
        }
        for (String table : tables) {
            if (TableName.parse(table).isEmpty()) {
                problems.add("--tables: '" + table + "' is not SCHEMA.TABLE");
            }
        }
        if (problems.isEmpty()) {
            problems.addAll(CaptureSettings.problems(
                    dropSlot ? List.of(new TableName("public", "any")) : tables(),
                    prefix(topic),
                    slot(topic),
                    publication(topic),
                    partitions));
        }
        return problems;
    }

    boolean dropSlot() {
        return dropSlot;
    }

    /**
     * The settings; call it only when there are no {@link #problems}.
     *
     * @param file the settings of the file of {@code --command-config}, which may have the password
     */
    CaptureSettings settings(String topic, Map<String, String> environment, Map<String, String> file) {
        return new CaptureSettings(
                Passwords.add(address(), environment, file),
                tables(),
                prefix(topic),
                slot(topic),
                publication(topic),
                partitions,
                once);
    }

    /** Removes what these options name, and says what there was. */
    List<String> drop(String topic, Map<String, String> environment, KafkaConnection kafka) {
        DatabaseAddress address = Passwords.add(address(), environment, kafka.properties());
        return Capture.drop(kafka, address, prefix(topic), slot(topic), publication(topic));
    }

    private DatabaseAddress address() {
        if (database == null) {
            throw new IllegalArgumentException("name the database, such as postgresql://user@localhost:5432/name");
        }
        return DatabaseAddress.parse(database);
    }

    private List<TableName> tables() {
        return tables.stream().map(TableName::parse).flatMap(Optional::stream).toList();
    }

    private String prefix(String topic) {
        return topicPrefix == null ? topic : topicPrefix;
    }

    private String slot(String topic) {
        return slot == null ? CaptureSettings.defaultName(prefix(topic)) : slot;
    }

    private String publication(String topic) {
        return publication == null ? CaptureSettings.defaultName(prefix(topic)) : publication;
    }
}
