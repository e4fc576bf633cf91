package cdf.bench;

import cdf.postgres.DatabaseAddress;
import io.debezium.engine.ChangeEvent;
import io.debezium.engine.DebeziumEngine;
import io.debezium.engine.format.Json;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongConsumer;

/** The peer: Debezium's embedded engine as its documentation shows it, with JSON events that nobody looks at. */
final class PlainEngine implements AutoCloseable {
    private final DebeziumEngine<ChangeEvent<String, String>> engine;
    private final CompletableFuture<Void> running;
    private final CompletableFuture<Void> failed = new CompletableFuture<>();
    private long events;

    /**
     * Starts.
     *
     * @param name of its slot, its publication and its topics
     * @param offsets where it keeps how far it has come
     * @param onEvents is told after each batch how many events there were, tombstones not counted
     */
    PlainEngine(DatabaseAddress database, String table, String name, Path offsets, LongConsumer onEvents) {
        Properties properties = new Properties();
        properties.setProperty("name", name);
        properties.setProperty("connector.class", "io.debezium.connector.postgresql.PostgresConnector");
        properties.setProperty("offset.storage", "org.apache.kafka.connect.storage.FileOffsetBackingStore");
        properties.setProperty("offset.storage.file.filename", offsets.toString());
        properties.setProperty("offset.flush.interval.ms", "1000");
        properties.setProperty("topic.prefix", name);
        properties.setProperty("database.hostname", database.host());
        properties.setProperty("database.port", Integer.toString(database.port()));
        properties.setProperty("database.user", database.user());
        properties.setProperty("database.password", database.password().orElse(""));
        properties.setProperty("database.dbname", database.database());
        properties.setProperty("plugin.name", "pgoutput");
        properties.setProperty("slot.name", name);
        properties.setProperty("publication.name", name);
        properties.setProperty("publication.autocreate.mode", "filtered");
        properties.setProperty("table.include.list", table);
        engine = DebeziumEngine.create(Json.class)
                .using(properties)
                .notifying((batch, committer) -> {
                    for (ChangeEvent<String, String> event : batch) {
                        events += event.value() == null ? 0 : 1;
                        committer.markProcessed(event);
                    }
                    committer.markBatchFinished();
                    onEvents.accept(events);
                })
                .using((success, message, error) -> {
                    if (!success) {
                        failed.completeExceptionally(error == null ? new IllegalStateException(message) : error);
                    }
                })
                .build();
        running = CompletableFuture.runAsync(engine);
    }

    /** Waits for something that the events bring about; throws what ended the engine, if something does. */
    void await(CompletableFuture<?> reached) {
        CompletableFuture.anyOf(reached, failed).join();
    }

    @Override
    public void close() {
        try {
            engine.close();
            running.join();
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
