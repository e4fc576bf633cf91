package cdf.cli;

import cdf.change.SequencePath;
import cdf.kafka.Topics;
import cdf.lake.ColumnSource;
import cdf.lake.Sequencing;
import cdf.postgres.Capture;
import cdf.postgres.CaptureListener;
import cdf.postgres.CaptureSettings;
import cdf.postgres.CaptureSummary;
import cdf.postgres.DatabaseAddress;
import cdf.postgres.EmbeddedPostgres;
import cdf.postgres.ReplicationSlot;
import cdf.postgres.TransferWorkload;
import cdf.producer.Terminal;
import cdf.verify.VerifySettings;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;

/** A real database: a PostgreSQL server of our own, a bank at work on it, and the capture of its table. */
final class PostgresSource implements DemoSource {
    private static final String PREFIX = "r023hf";
    private static final String DATABASE = "bank";
    private static final int ACCOUNTS = 1000;
    private static final String SEQUENCE = "source.lsn";

    private final Topics topics;
    private final EmbeddedPostgres server;
    private final DatabaseAddress database;
    private final CaptureSettings settings;
    private final TransferWorkload workload;
    private final Background<CaptureSummary> capturing;

    /** Done when the topic has the rows that were there before. */
    private final CompletableFuture<Void> snapshot = new CompletableFuture<>();

    /** Done when the bank may open. */
    private final CompletableFuture<Void> opening = new CompletableFuture<>();

    private final long events;
    private final long eventsPerSecond;
    private final long total;
    private final long recordsBefore;

    /**
     * Starts server and capture.
     *
     * @param directory where the server's data is or shall be
     * @param events how many changes to make, 0 for no end
     */
    PostgresSource(Topics topics, Path directory, long events, long eventsPerSecond, Terminal terminal) {
        this.topics = topics;
        this.events = events;
        this.eventsPerSecond = eventsPerSecond;
        server = EmbeddedPostgres.start(directory);
        try {
            database = server.ensureDatabase(DATABASE);
            workload = new TransferWorkload(database, new SplittableRandom().nextLong());
            workload.create(ACCOUNTS);
            total = workload.total();
            settings = new CaptureSettings(database, List.of(TransferWorkload.ACCOUNTS), PREFIX);
            var unused = topics.ensure(topic(), settings.partitions());
            recordsBefore = records();
            Capture capture = new Capture(topics.connection(), settings, new CaptureListener() {
                @Override
                public void streaming() {
                    snapshot.complete(null);
                }

                @Override
                public void notice(String line) {
                    terminal.notice(line);
                }
            });
            capturing = Background.start(capture::run, capture::stop);
            capturing.onFailure(this::stop);
        } catch (RuntimeException failure) {
            server.close();
            throw failure;
        }
        terminal.notice("PostgreSQL is yours, too: " + server.shellCommand(DATABASE));
    }

    @Override
    public String topic() {
        return TransferWorkload.ACCOUNTS.topic(PREFIX);
    }

    /** A capture that dies sends events again: the log's positions say which. */
    @Override
    public Optional<Sequencing> sequencing() {
        return Optional.of(new Sequencing(SequencePath.parse(SEQUENCE), Sequencing.DEFAULT_TOMBSTONE_RETENTION));
    }

    @Override
    public ColumnSource columns() {
        return new ColumnSource.Learned(SchemaOptions.users());
    }

    /** First come the rows that were there before: a table that begins while the bank is at work would be behind for long. */
    @Override
    public long run(ApplyUntil applied) {
        CompletableFuture.anyOf(snapshot, opening).join();
        applied.callAt(topics.endOffsets(topic()), () -> opening.complete(null));
        opening.join();
        workload.run(events, (double) eventsPerSecond);
        awaitCaptured();
        return records() - recordsBefore;
    }

    @Override
    public void stop() {
        workload.stop();
        opening.complete(null);
    }

    /** Waits until the topic has all that is committed; throws what ended the capture, if something did. */
    private void awaitCaptured() {
        ReplicationSlot.awaitCaptured(database, settings.slot(), waiting -> {
            if (capturing.isDone()) {
                var unused = capturing.join();
            }
        });
    }

    private long records() {
        return topics.endOffsets(topic()).values().stream()
                .mapToLong(Long::longValue)
                .sum();
    }

    /** By the topic, and by the database; and by the sum of the balances, unless a user changed it by hand. */
    @Override
    public VerifySettings verification(String table) {
        return new VerifySettings(
                topic(),
                table,
                Optional.empty(),
                true,
                Optional.empty(),
                Optional.of(new DatabaseSource(database, TransferWorkload.ACCOUNTS, settings.slot())),
                workload.total() == total ? Optional.of(TransferWorkload.BALANCE) : Optional.empty());
    }

    @Override
    public void print(PrintStream out) {
        out.printf(
                Locale.ROOT,
                "committed %,d transactions, %,d changes, in PostgreSQL%n",
                workload.transactions(),
                changes());
    }

    @Override
    public void writeTo(JsonGenerator json) throws IOException {
        json.writeNumberField("generated", changes());
        json.writeNumberField("transactions", workload.transactions());
    }

    private long changes() {
        return workload.transactions() * TransferWorkload.CHANGES;
    }

    @Override
    public void close() {
        try (server) {
            capturing.close();
        }
    }
}
