package cdf.producer;

import cdf.kafka.KafkaConnection;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.regex.Pattern;

/** Which broker and which topic: the options that every Kafka command shares. */
public final class KafkaOptions {
    private static final String BOOTSTRAP_SERVERS = "bootstrap.servers";
    private static final String DEFAULT_BOOTSTRAP_SERVERS = "localhost:9092";
    private static final Pattern ADDRESS = Pattern.compile("\\S+:\\d{1,5}");
    /** Kafka's rule (org.apache.kafka.common.internals.Topic). */
    private static final Pattern TOPIC = Pattern.compile("[a-zA-Z0-9._-]{1,249}");

    @Option(
            names = {"--bootstrap-server", "--brokers"},
            paramLabel = "HOST:PORT",
            description = "The broker's address; several are separated by commas. Environment: CDF_BOOTSTRAP_SERVER,"
                    + " then KAFKA_BROKER. Default: " + DEFAULT_BOOTSTRAP_SERVERS + ".")
    private @Nullable String bootstrapServer;

    @Option(
            names = "--topic",
            paramLabel = "NAME",
            defaultValue = "r023hf",
            description = "The topic of the changes. Environment: TOPIC. Default: r023hf.")
    private String topic = "";

    @Option(
            names = "--command-config",
            paramLabel = "FILE",
            description = "A properties file with any Kafka client settings: TLS, passwords.")
    private @Nullable Path commandConfig;

    @Option(
            names = "-X",
            paramLabel = "KEY=VALUE",
            description = "One Kafka client setting; it goes before the file's. No secrets here: others see them.")
    private Map<String, String> settings = new LinkedHashMap<>();

    private @Nullable Map<String, String> properties;

    /** All that is wrong with these options. */
    public List<String> problems() {
        return problems(List.of(topic));
    }

    /** All that is wrong with these options, for a command that takes several {@link #topics()}. */
    public List<String> problemsOfTopics() {
        return problems(topics());
    }

    private List<String> problems(List<String> names) {
        List<String> problems = new ArrayList<>();
        if (settings.containsKey(BOOTSTRAP_SERVERS)) {
            problems.add("-X: the broker's address is given with --bootstrap-server");
        }
        if (commandConfig != null) {
            try {
                properties();
            } catch (IOException | IllegalArgumentException unreadable) {
                problems.add("--command-config: cannot read " + commandConfig + ": "
                        + (Files.exists(commandConfig) ? String.valueOf(unreadable.getMessage()) : "no such file"));
                return problems;
            }
        }
        for (String address : bootstrapServers().split(",", -1)) {
            if (!ADDRESS.matcher(address.strip()).matches()) {
                problems.add("--bootstrap-server: '" + address + "' is not HOST:PORT");
            }
        }
        names.forEach(name -> topicProblem(name).ifPresent(problem -> problems.add("--topic: " + problem)));
        return problems;
    }

    /** How to reach the broker; call it only when there are no {@link #problems()}. */
    public KafkaConnection connection() {
        try {
            Map<String, String> others = new HashMap<>(properties());
            others.remove(BOOTSTRAP_SERVERS);
            return new KafkaConnection(bootstrapServers(), others);
        } catch (IOException changed) {
            throw new IllegalStateException("the file of --command-config went away", changed);
        }
    }

    public String topic() {
        return topic;
    }

    /** The topics, for a command that takes several, separated by commas. */
    public List<String> topics() {
        return List.of(topic.split(",", -1));
    }

    /** Why a topic cannot have this name, if it cannot. */
    public static Optional<String> topicProblem(String name) {
        return TOPIC.matcher(name).matches()
                ? Optional.empty()
                : Optional.of("'" + name + "' is no topic name: letters, digits, '.', '_' and '-', 249 at most");
    }

    private String bootstrapServers() {
        if (bootstrapServer != null) {
            return bootstrapServer;
        }
        return properties == null
                ? DEFAULT_BOOTSTRAP_SERVERS
                : properties.getOrDefault(BOOTSTRAP_SERVERS, DEFAULT_BOOTSTRAP_SERVERS);
    }

    /** The file's settings and, before them, those of -X. Read once. */
    private Map<String, String> properties() throws IOException {
        Map<String, String> known = properties;
        if (known != null) {
            return known;
        }
        Map<String, String> read = new HashMap<>();
        if (commandConfig != null) {
            Properties file = new Properties();
            try (Reader reader = Files.newBufferedReader(commandConfig)) {
                file.load(reader);
            }
            file.stringPropertyNames().forEach(name -> read.put(name, file.getProperty(name)));
        }
        read.putAll(settings);
        properties = read;
        return read;
    }
}
