package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.kafka.TopicSelection;
import cdf.kafka.Topics;
import org.apache.spark.sql.SparkSession;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;

/**
 * Applies several topics, each to a table of its own, in one Spark application: a thread, a session and a stream for each.
 * Topics that appear while it runs are taken up. A table that cannot go on stops alone.
 */
public final class ApplyTables {
    /** How often to look for new topics. */
    private static final Duration LOOK_AGAIN = Duration.ofSeconds(1);

    private record Running(Apply apply, CompletableFuture<TableOutcome> outcome) {}

    private final Topics topics;
    private final TopicSelection selection;
    private final Function<String, ApplySettings> settings;
    private final ApplyTablesListener listener;
    private final BrokerWatch broker;
    private final Map<String, Running> running = new ConcurrentSkipListMap<>();
    private final CompletableFuture<Void> stopping = new CompletableFuture<>();

    /**
     * Prepares to apply.
     *
     * @param settings how to apply a topic; all are to end by themselves, {@link ApplySettings#once}, or none
     */
    public ApplyTables(
            Topics topics,
            TopicSelection selection,
            Function<String, ApplySettings> settings,
            ApplyTablesListener listener) {
        this.topics = topics;
        this.selection = selection;
        this.settings = settings;
        this.listener = listener;
        this.broker = new BrokerWatch(topics, listener::onNotice);
    }

    /**
     * Applies the topics until each table has all of its own, if {@code once} is set, or else until {@link #stop()}; ends
     * also when all tables have stopped.
     *
     * @return what it came to in each table, by the topics' names
     * @throws CdfException if there is nothing to apply and {@code once} is set
     */
    public List<TableOutcome> run(SparkSession spark, boolean once) {
        try {
            beginNew(spark);
            if (running.isEmpty() && once) {
                throw new CdfException(
                        ExitCode.FAILED,
                        "there is no topic " + selection + " at " + topics.connection(),
                        "name topics that exist; without --once, cdf apply waits for them");
            }
            if (running.isEmpty()) {
                listener.onNotice("waiting for topics " + selection + ", there is none yet");
            }
            while (!ended()) {
                if (!once) {
                    lookAgain(spark);
                }
            }
        } finally {
            stop();
        }
        return running.values().stream().map(each -> each.outcome().join()).toList();
    }

    /** Ends {@link #run} after the batches that are being applied, from any thread, and for good. */
    public void stop() {
        stopping.complete(null);
        running.values().forEach(each -> each.apply().stop());
    }

    /** Waits until all tables have ended, but no longer than new topics can wait. */
    private boolean ended() {
        CompletableFuture<?>[] outcomes =
                running.values().stream().map(Running::outcome).toArray(CompletableFuture<?>[]::new);
        CompletableFuture<Void> all = CompletableFuture.allOf(outcomes);
        try {
            var unused = (outcomes.length == 0 ? stopping : CompletableFuture.anyOf(stopping, all))
                    .get(LOOK_AGAIN.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException goOn) {
            return false;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        } catch (ExecutionException bug) {
            throw new IllegalStateException(bug.getCause());
        }
    }

    private void lookAgain(SparkSession spark) {
        try {
            beginNew(spark);
        } catch (CdfException failure) {
            if (failure.exitCode() != ExitCode.BROKER_UNREACHABLE) {
                throw failure;
            }
            broker.noteAway();
        }
    }

    /** Begins with the topics that are new. */
    private void beginNew(SparkSession spark) {
        for (String topic : selection.topics(topics)) {
            if (!running.containsKey(topic)) {
                begin(spark, settings.apply(topic));
            }
        }
    }

    private void begin(SparkSession spark, ApplySettings chosen) {
        TableProgress progress = new TableProgress(chosen, listener.onTable(chosen.topic(), chosen.table()));
        Apply apply = new Apply(topics, chosen, progress, broker);
        CompletableFuture<TableOutcome> outcome = new CompletableFuture<>();
        running.put(chosen.topic(), new Running(apply, outcome));
        if (stopping.isDone()) {
            apply.stop(); // stop() may have come before this table was among those that it stops
        }
        Thread thread = new Thread(
                () -> outcome.complete(run(spark.newSession(), apply, chosen, progress)), "apply-" + chosen.topic());
        thread.setUncaughtExceptionHandler((same, error) -> {
            outcome.completeExceptionally(error);
            stopping.completeExceptionally(error); // as when the memory is used up: it is that of all
        });
        thread.start();
    }

    /** @param session the table's own: the settings differ, such as that of the key's column */
    private TableOutcome run(SparkSession session, Apply apply, ApplySettings chosen, TableProgress progress) {
        // Spark's threads have these of the thread that starts them.
        SparkSession.setActiveSession(session);
        session.sparkContext().setLocalProperty("spark.scheduler.pool", chosen.topic());
        try {
            return progress.done(apply.run(session));
        } catch (RuntimeException exception) {
            CdfException failure = CdfException.of(exception);
            listener.onFailure(chosen.topic(), chosen.table(), failure);
            return progress.failed(failure);
        }
    }
}
