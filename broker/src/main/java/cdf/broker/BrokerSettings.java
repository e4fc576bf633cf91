package cdf.broker;

import cdf.change.CdfException;
import cdf.change.ExitCode;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/**
 * What an embedded broker is started with.
 *
 * @param dataDirectory where topics and metadata live across restarts; empty, absent, or a broker's own from before
 * @param port the port on the loopback for plain clients; 0 takes any free one
 * @param serverProperties Kafka server properties that override cdf's. {@code listeners}, {@code advertised.listeners}
 *     and {@code listener.security.protocol.map} add to what is there; a listener may name port 0, too
 */
public record BrokerSettings(Path dataDirectory, int port, Map<String, String> serverProperties) {
    private static final int LARGEST_PORT = 65_535;

    /** The single node and its place on disk are what this broker is; another value would make it another program. */
    private static final Set<String> FIXED = Set.of(
            "broker.id",
            "controller.listener.names",
            "controller.quorum.bootstrap.servers",
            "controller.quorum.voters",
            "log.dir",
            "log.dirs",
            "metadata.log.dir",
            "node.id",
            "process.roles");

    public BrokerSettings {
        dataDirectory = dataDirectory.toAbsolutePath().normalize();
        serverProperties = Map.copyOf(serverProperties);
        if (port < 0 || port > LARGEST_PORT) {
            throw wrongUsage("port " + port + " does not exist", "choose one from 1 to 65535, or 0 for any free one");
        }
        if (dataDirectory.toString().contains(",")) {
            throw wrongUsage(
                    "the data directory " + dataDirectory + " has a comma in its path, which Kafka reads as two paths",
                    "choose a path without a comma");
        }
        serverProperties.keySet().stream()
                .filter(FIXED::contains)
                .sorted()
                .findFirst()
                .ifPresent(name -> {
                    throw wrongUsage("the server property " + name + " is fixed", "leave it out");
                });
    }

    static CdfException wrongUsage(String problem, String hint) {
        return new CdfException(ExitCode.WRONG_USAGE, problem, hint);
    }
}
