package cdf.broker;

import kafka.server.BrokerServer;
import kafka.server.ControllerServer;
import kafka.server.KafkaConfig;
import kafka.server.KafkaRaftServer;
import kafka.server.Server;
import kafka.server.SharedServer;
import org.apache.kafka.common.metrics.Metrics;
import org.apache.kafka.common.utils.Time;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.bootstrap.BootstrapMetadata;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.raft.QuorumConfig;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.Tuple2;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Kafka's broker and controller, put together as {@code kafka.server.KafkaRaftServer} does it, but with fault handlers
 * and sockets of our own.
 */
final class KafkaNode {
    private static final Logger LOG = LoggerFactory.getLogger(KafkaNode.class);

    private final Metrics metrics;
    private final ControllerServer controller;
    private final BrokerServer broker;

    private KafkaNode(Metrics metrics, ControllerServer controller, BrokerServer broker) {
        this.metrics = metrics;
        this.controller = controller;
        this.broker = broker;
    }

    static KafkaNode create(KafkaConfig config, DataDirectory directory, ListenSockets sockets, BrokerThreads threads) {
        Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> stored = readStored(config, directory);
        Metrics metrics = Server.initializeMetrics(
                config, Time.SYSTEM, stored._1.clusterId().orElseThrow());
        SharedServer shared = new SharedServer(
                config,
                stored._1,
                Time.SYSTEM,
                metrics,
                CompletableFuture.completedFuture(
                        QuorumConfig.parseVoterConnections(config.quorumConfig().voters())),
                List.of(),
                threads,
                sockets);
        ControllerServer controller = new ControllerServer(shared, KafkaRaftServer.configSchema(), stored._2);
        return new KafkaNode(metrics, controller, new BrokerServer(shared));
    }

    private static Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> readStored(
            KafkaConfig config, DataDirectory directory) {
        try {
            Tuple2<MetaPropertiesEnsemble, BootstrapMetadata> stored =
                    KafkaRaftServer.initializeLogDirs(config, LOG, "");
            // Fails if the version is one that this Kafka does not know, as the controller would later.
            stored._2.metadataVersion();
            return stored;
        } catch (RuntimeException unreadable) {
            throw directory.otherFormat(String.valueOf(unreadable.getMessage()), unreadable);
        }
    }

    /** The controller first: the broker registers with it. */
    void startup() {
        controller.startup();
        broker.startup();
    }

    /** The broker first: it takes leave of the controller, for at most the given time. */
    void shutdown(Duration patience) {
        try {
            broker.shutdown(patience);
        } finally {
            controller.shutdown();
            Utils.closeQuietly(metrics, "metrics");
        }
    }
}
