package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.streaming.DataStreamReader;
import org.apache.spark.sql.streaming.StreamingQuery;
import org.apache.spark.sql.streaming.Trigger;
import org.jspecify.annotations.Nullable;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Applies a topic to a Delta table: Spark Structured Streaming gives micro-batches, and each is one commit with the
 * topic's positions in it. The table is its own checkpoint; Spark's is made anew by every run and only tells Spark what
 * the table says.
 */
public final class Apply {
    /** How long {@link #stop()} lets a batch end in order. */
    private static final long LAST_BATCH_SECONDS = 30;

    private final Topics topics;
    private final ApplySettings settings;
    private final ApplyListener listener;
    private final TopicStream stream;

    /** Prepares to apply. */
    public Apply(Topics topics, ApplySettings settings, ApplyListener listener) {
        this(topics, settings, listener, new BrokerWatch(topics, listener::onNotice));
    }

    /** Prepares to apply, beside others that share the watch. */
    Apply(Topics topics, ApplySettings settings, ApplyListener listener, BrokerWatch broker) {
        this.topics = topics;
        this.settings = settings;
        this.listener = listener;
        this.stream = new TopicStream(topics, broker, settings.topic(), listener::onNotice);
    }

    /**
     * Applies the topic until all of it is applied, if that is the setting, or until {@link #stop()}; waits for the
     * broker when it goes away.
     *
     * @throws CdfException when it cannot go on; what is in the table then is right, and a later run goes on from there
     */
    public ApplySummary run(SparkSession session) {
        var spark = (org.apache.spark.sql.classic.SparkSession) session;
        if (settings.once() && topics.partitions(settings.topic()).isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "there is no topic " + settings.topic() + " at " + topics.connection(),
                    "name one that exists with --topic; without --once, cdf apply waits for it");
        }
        try {
            Path path = new Path(settings.table());
            Optional<SchemaSearch.Found> columns = columns(spark, path);
            if (columns.isEmpty()) {
                return ApplySummary.NOTHING;
            }
            TableSchema schema = columns.get().schema();
            DeltaLog log = ChangeTables.open(
                    spark,
                    path,
                    schema,
                    settings.sequencing().map(Sequencing::path),
                    columns.get().learned());
            ApplyEngine engine = new ApplyEngine(
                    spark, log, schema, settings.topic(), settings.sequencing(), listener::onIndexing, this::onStep);
            ApplyQuery query;
            try (LogCheckpoints checkpoints = new LogCheckpoints(spark, engine.logs())) {
                query = new ApplyQuery(engine, checkpoints);
                stream.run(session, query, KafkaConnection.bulkConsumerDefaults(), settings.checkpoint());
            }
            query.throwBug();
            return new ApplySummary(
                    query.total, engine.rows(), engine.indexBytes(), engine.tableVersion(), engine.positions());
        } catch (CdfException | IllegalStateException told) {
            throw told;
        } catch (Exception failure) { // Spark and Delta throw checked exceptions, too, without declaring them.
            throw StreamFailure.explain(
                    "the topic " + settings.topic() + " cannot be applied to " + settings.table(), failure);
        }
    }

    /** The table's columns; empty when the topic was to tell them, and {@link #stop()} came first. */
    private Optional<SchemaSearch.Found> columns(org.apache.spark.sql.classic.SparkSession spark, Path path) {
        if (settings.columns() instanceof ColumnSource.Given given) {
            return Optional.of(new SchemaSearch.Found(given.schema(), false));
        }
        ColumnSource.Learned learned = (ColumnSource.Learned) settings.columns();
        Optional<TableSchema> own = ChangeTables.schema(spark, path);
        if (own.isPresent()) {
            return Optional.of(new SchemaSearch.Found(own.get(), false));
        }
        SchemaSearch search = new SchemaSearch(topics.connection(), settings.topic(), learned.ofBareEvents());
        return stream.awaitTopic()
                .flatMap(contents -> search.find(
                        contents.endOffsets().size(), settings.once(), stream::stopped, listener::onNotice));
    }

    /** Tells the step, and lets no batch into the table that was read from another topic of the name. */
    private void onStep(ApplyStep step) {
        listener.onStep(step);
        if (step == ApplyStep.FILES_WRITTEN) {
            stream.requireSameTopic();
        }
    }

    /** Ends {@link #run} after the batch that is being applied, from any thread, and for good. */
    public void stop() {
        stream.stop();
    }

    /** The streaming query; its batches come from a thread of Spark's, one after the other. */
    private final class ApplyQuery implements TopicStream.Query {
        private final ApplyEngine engine;
        private final LogCheckpoints checkpoints;
        private final ReentrantLock applying = new ReentrantLock();
        private volatile Accounting total = Accounting.NONE;
        private volatile @Nullable IllegalStateException bug;

        ApplyQuery(ApplyEngine engine, LogCheckpoints checkpoints) {
            this.engine = engine;
            this.checkpoints = checkpoints;
        }

        @Override
        public Map<Integer, Long> nextOffsets() {
            return engine.positions();
        }

        @Override
        public void check(TopicContents contents) {
            throwBug();
            engine.goOnWith(contents);
            listener.onStart(engine.positions());
        }

        void throwBug() {
            if (bug != null) {
                throw bug;
            }
        }

        @Override
        public StreamingQuery start(DataStreamReader source, String checkpoint) throws TimeoutException {
            VoidFunction2<Dataset<Row>, Long> apply = (batch, id) -> applyBatch(batch);
            return source.option("maxOffsetsPerTrigger", settings.maxBatchEvents())
                    .load()
                    .writeStream()
                    .trigger(
                            settings.once()
                                    ? Trigger.AvailableNow()
                                    : Trigger.ProcessingTime(settings.trigger().toMillis()))
                    .option("checkpointLocation", checkpoint)
                    .foreachBatch(apply)
                    .start();
        }

        private void applyBatch(Dataset<Row> batch) throws InterruptedException {
            applying.lockInterruptibly(); // who stops the query holds the lock, and waits for this thread to end
            try {
                if (stream.stopped()) {
                    return;
                }
                AppliedBatch applied = engine.applyBatch(batch);
                total = total.plus(applied.accounting());
                listener.onBatch(applied);
                boolean busy = applied.accounting().read() * 2 > settings.maxBatchEvents();
                engine.compact(busy).ifPresent(listener::onCompaction);
                checkpoints.afterCommit();
            } catch (IllegalStateException failure) {
                bug = failure;
                throw failure;
            } finally {
                applying.unlock();
            }
        }

        /** Lets a batch end: to break off between its commit and what follows would do no harm, but take longer. */
        @Override
        public void stop(StreamingQuery started) throws TimeoutException {
            boolean idle = false;
            try {
                idle = applying.tryLock(LAST_BATCH_SECONDS, TimeUnit.SECONDS);
                started.stop();
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                started.stop();
            } finally {
                if (idle) {
                    applying.unlock();
                }
            }
        }
    }
}
