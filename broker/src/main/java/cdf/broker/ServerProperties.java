package cdf.broker;

import java.util.Map;
import java.util.Properties;
import java.util.Set;

/** Kafka's own configuration of the one node. */
final class ServerProperties {
    static final int NODE_ID = 1;
    static final String CLIENT_LISTENER = "PLAINTEXT";
    static final String CONTROLLER_LISTENER = "CONTROLLER";

    private static final Set<String> LISTS =
            Set.of("listeners", "advertised.listeners", "listener.security.protocol.map");

    private ServerProperties() {}

    /** Cdf's defaults, then what the settings add or override. */
    static Properties of(BrokerSettings settings, int controllerPort) {
        Properties properties = new Properties();
        properties.putAll(identity(settings, controllerPort));
        properties.putAll(sizes());
        settings.serverProperties().forEach((name, value) -> {
            String before = LISTS.contains(name) ? properties.getProperty(name) + "," : "";
            properties.setProperty(name, before + value);
        });
        if (!settings.serverProperties().containsKey("advertised.listeners")) {
            // Kafka advertises what it listens on.
            properties.remove("advertised.listeners");
        }
        return properties;
    }

    private static Map<String, String> identity(BrokerSettings settings, int controllerPort) {
        String clients = CLIENT_LISTENER + "://localhost:" + settings.port();
        String controller = CONTROLLER_LISTENER + "://localhost:" + controllerPort;
        return Map.of(
                "process.roles",
                "broker,controller",
                "node.id",
                String.valueOf(NODE_ID),
                "log.dirs",
                settings.dataDirectory().toString(),
                "listeners",
                controller + "," + clients,
                "advertised.listeners",
                clients,
                "controller.listener.names",
                CONTROLLER_LISTENER,
                "controller.quorum.voters",
                NODE_ID + "@localhost:" + controllerPort,
                "listener.security.protocol.map",
                "CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,SSL:SSL,"
                        + "SASL_PLAINTEXT:SASL_PLAINTEXT,SASL_SSL:SASL_SSL");
    }

    /** One copy of everything, and threads and buffers for one small machine. */
    private static Map<String, String> sizes() {
        return Map.ofEntries(
                Map.entry("num.partitions", "4"),
                Map.entry("num.network.threads", "2"),
                Map.entry("num.io.threads", "4"),
                Map.entry("background.threads", "4"),
                Map.entry("group.coordinator.threads", "1"),
                // The log cleaner takes its buffer at the start, 128 MB of the heap if left alone.
                Map.entry("log.cleaner.dedupe.buffer.size", String.valueOf(4 << 20)),
                Map.entry("offsets.topic.replication.factor", "1"),
                Map.entry("offsets.topic.num.partitions", "1"),
                Map.entry("transaction.state.log.replication.factor", "1"),
                Map.entry("transaction.state.log.min.isr", "1"),
                Map.entry("transaction.state.log.num.partitions", "1"),
                Map.entry("share.coordinator.state.topic.replication.factor", "1"),
                Map.entry("share.coordinator.state.topic.min.isr", "1"),
                Map.entry("share.coordinator.state.topic.num.partitions", "1"),
                // There is no second consumer to wait for when a group forms.
                Map.entry("group.initial.rebalance.delay.ms", "0"));
    }
}
