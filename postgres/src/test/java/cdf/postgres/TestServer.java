package cdf.postgres;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

/** One PostgreSQL and one broker for all tests of this process, which end with it; a database and a prefix for each test. */
final class TestServer {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private static final TestServer SHARED = new TestServer();

    private final EmbeddedPostgres postgres;
    private final EmbeddedBroker broker;

    private TestServer() {
        try {
            Path directory = Files.createTempDirectory("cdf-postgres-");
            // Most tests leave their slot behind.
            postgres = EmbeddedPostgres.start(
                    PostgresBinaries.unpack(directory.resolve("programs")),
                    directory.resolve("postgres"),
                    Map.of("max_replication_slots", "200", "max_wal_senders", "20"));
            broker = EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
            Runtime.getRuntime().addShutdownHook(new Thread(() -> {
                postgres.close();
                broker.close();
                deleteAll(directory);
            }));
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }

    static EmbeddedPostgres postgres() {
        return SHARED.postgres;
    }

    static KafkaConnection kafka() {
        return new KafkaConnection(SHARED.broker.bootstrapServer());
    }

    /** A new database. */
    static TestDatabase database() {
        return new TestDatabase(SHARED.postgres.createDatabase("test" + NUMBER.incrementAndGet()));
    }

    static void deleteAll(Path directory) {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
                Files.deleteIfExists(file);
            }
        } catch (IOException failure) {
            throw new IllegalStateException(failure);
        }
    }
}
