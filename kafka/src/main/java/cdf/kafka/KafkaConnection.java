package cdf.kafka;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.clients.CommonClientConfigs;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.jspecify.annotations.Nullable;

import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * How to reach a Kafka cluster: its address and any further client property (the names are Kafka's own). The properties
 * may hold secrets, so {@link #toString()} tells the address alone.
 */
public record KafkaConnection(String bootstrapServers, Map<String, String> properties) {
    private static final Pattern SECRET_NAME = Pattern.compile("password|secret|token|jaas|keystore\\.key");

    private static final Map<String, String> BULK_CONSUMER_DEFAULTS = Map.of(
            ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed",
            ConsumerConfig.MAX_POLL_RECORDS_CONFIG, "20000",
            ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG, Integer.toString(8 << 20),
            ConsumerConfig.FETCH_MAX_BYTES_CONFIG, Integer.toString(64 << 20),
            ConsumerConfig.FETCH_MAX_WAIT_MS_CONFIG, "10");

    /** A password in a login module's options (Kafka documentation, "JAAS configuration"). */
    private static final Pattern INNER_SECRET =
            Pattern.compile("(?i)\\w*(?:password|secret|token)\\w*\\s*=\\s*\"?([^\"\\s;]+)");

    public KafkaConnection {
        if (bootstrapServers.isBlank()) {
            throw new IllegalArgumentException("no bootstrap server");
        }
        properties = Map.copyOf(properties);
    }

    public KafkaConnection(String bootstrapServers) {
        this(bootstrapServers, Map.of());
    }

    /** The properties of a client: cdf's own defaults, then the user's, then the address. */
    public Map<String, Object> clientProperties(Map<String, ?> defaults) {
        Map<String, Object> all = new HashMap<>(defaults);
        all.putAll(properties);
        all.put(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG, bootstrapServers);
        return all;
    }

    /**
     * What a consumer wants that reads much of a topic, where the user gave nothing else: whole transactions only; and few,
     * large fetches: measured with bench/apply. It reads what is known to be there, and asks for more than that behind it:
     * its next question to the broker would wait until that fetch is answered, for half a second by Kafka's default when
     * nothing comes.
     */
    public static Map<String, String> bulkConsumerDefaults() {
        return BULK_CONSUMER_DEFAULTS;
    }

    /** The properties of a consumer that reads from places that it knows, and leaves no positions behind with the broker. */
    public Map<String, Object> readerProperties(Map<String, ?> defaults) {
        Map<String, Object> all = clientProperties(defaults);
        all.remove(CommonClientConfigs.GROUP_ID_CONFIG);
        all.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, false);
        return all;
    }

    /** Turns what a Kafka client threw into what the user can mend. */
    public CdfException explain(Throwable failure) {
        Throwable root = failure;
        for (Throwable next = failure; next != null; next = next.getCause()) {
            CdfException explained = explainOne(next);
            if (explained != null) {
                return explained;
            }
            root = next;
        }
        return new CdfException(
                ExitCode.FAILED,
                "Kafka at " + bootstrapServers + ": " + root.getClass().getSimpleName() + ": " + withoutSecrets(root),
                "--debug shows where this comes from",
                failure);
    }

    /** Turns the refusal to make a client, which has connected to nothing yet, into the setting to mend. */
    CdfException explainSettings(KafkaException refusal) {
        StringJoiner causes = new StringJoiner(": ");
        for (Throwable next = refusal; next != null; next = next.getCause()) {
            CdfException explained = explainOne(next);
            if (explained != null) {
                return explained;
            }
            if (next != refusal) {
                causes.add(withoutSecrets(next));
            }
        }
        return refusedSetting(causes.toString(), refusal);
    }

    private @Nullable CdfException explainOne(Throwable failure) {
        if (failure instanceof CdfException explained) {
            return explained;
        }
        if (failure instanceof AuthenticationException) {
            return new CdfException(
                    ExitCode.BROKER_UNREACHABLE,
                    "the broker at " + bootstrapServers + " refused the credentials: " + withoutSecrets(failure),
                    "check security.protocol, sasl.* and ssl.* in the file of --command-config",
                    failure);
        }
        if (failure instanceof AuthorizationException) {
            return new CdfException(
                    ExitCode.FAILED,
                    "the broker at " + bootstrapServers + " does not allow this: " + withoutSecrets(failure),
                    "ask for the access rights, or connect as another user with --command-config",
                    failure);
        }
        if (failure instanceof ConfigException) {
            boolean address = withoutSecrets(failure).contains(CommonClientConfigs.BOOTSTRAP_SERVERS_CONFIG);
            return address
                    ? new CdfException(
                            ExitCode.BROKER_UNREACHABLE,
                            "no broker can be found at " + bootstrapServers + ": " + withoutSecrets(failure),
                            "give the broker's address as HOST:PORT with --bootstrap-server",
                            failure)
                    : refusedSetting(withoutSecrets(failure), failure);
        }
        if (failure instanceof TimeoutException || failure instanceof NetworkException) {
            return unreachable(failure);
        }
        if (failure instanceof UnknownTopicOrPartitionException) {
            return new CdfException(
                    ExitCode.FAILED,
                    "the topic is gone from " + bootstrapServers,
                    "name one that exists with --topic",
                    failure);
        }
        return null;
    }

    private static CdfException refusedSetting(String reason, Throwable failure) {
        return new CdfException(
                ExitCode.WRONG_USAGE,
                "Kafka does not accept a setting: " + reason,
                "mend it in the file of --command-config, or in -X",
                failure);
    }

    CdfException unreachable(@Nullable Throwable failure) {
        return new CdfException(
                ExitCode.BROKER_UNREACHABLE,
                "no broker answers at " + bootstrapServers,
                "start one with ./cdf broker, or name another with --bootstrap-server; if it wants TLS or a password,"
                        + " give its settings with --command-config",
                failure);
    }

    @Override
    public String toString() {
        return bootstrapServers;
    }

    /** A message of Kafka's can quote a setting: where it is one that may be secret, the value is left out. */
    private String withoutSecrets(Throwable failure) {
        String message = String.valueOf(failure.getMessage());
        for (String secret : secrets()) {
            message = message.replace(secret, "[hidden]");
        }
        return message;
    }

    /** The values that nobody may see, the longest first: whole settings, and the passwords inside them. */
    private List<String> secrets() {
        return properties.entrySet().stream()
                .filter(property -> SECRET_NAME.matcher(property.getKey()).find())
                .map(Map.Entry::getValue)
                .flatMap(value -> Stream.concat(
                        Stream.of(value), INNER_SECRET.matcher(value).results().map(found -> found.group(1))))
                .filter(secret -> !secret.isBlank())
                .sorted(Comparator.comparing(String::length).reversed())
                .toList();
    }
}
