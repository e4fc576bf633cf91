package cdf.verify;

import cdf.change.CdfException;
import cdf.change.Column;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.TopicContents;
import cdf.kafka.Topics;
import cdf.verify.TopicReplay.Known;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Proves a version of a table: it must have exactly the rows that its topic adds up to, up to the positions that the version
 * records. It only reads, so the table may be changed meanwhile.
 */
public final class Verification {
    private static final String DEAD_LETTERS = "-dead-letters";
    private static final Duration TELL = Duration.ofMillis(500);
    /** The number of a row's last change that the topic does not tell any more: before all that it tells. */
    private static final long KNOWN_BEFORE = -1;

    private static final long ROWS_BETWEEN_TELLING = 50_000;

    private final Topics topics;
    private final VerifySettings settings;
    private final VerifyListener listener;
    private volatile @Nullable TopicReplay replay;
    private volatile boolean stopped;

    public Verification(Topics topics, VerifySettings settings, VerifyListener listener) {
        this.topics = topics;
        this.settings = settings;
        this.listener = listener;
    }

    /**
     * Verifies the table's newest version.
     *
     * @throws CdfException if the table and the topic cannot be compared
     */
    public Verdict run() {
        long beginNanos = System.nanoTime();
        KernelTable table = KernelTable.newest(settings.table());
        AppliedTable applied = new AppliedTable(table, settings.table(), settings.topic());
        TableSchema schema = applied.schema(settings.schema());
        PlainDecoder decoder = new PlainDecoder(schema, applied.sequenceBy());
        TopicContents contents = applied.contents(topics);
        Map<Integer, Long> positions = applied.positions(contents);
        Map<Integer, Long> from = contents.beginningOffsets();
        Optional<ConservedSum> sum = settings.conservedSum().map(column -> conservedSum(column, schema, positions));
        TopicReplay topic = replay(decoder, applied.sequenceBy().isPresent(), key -> null, from, positions, record -> {
            sum.ifPresent(conserved -> conserved.ends().take(record));
            return true;
        });

        List<String> findings = new ArrayList<>();
        List<String> limits = new ArrayList<>();
        OptionalLong read = applied.read();
        // All may be there although it does not begin at offset 0: the table was made from just these events then.
        boolean complete = topic.isComplete() || read.equals(OptionalLong.of(topic.events()));
        if (complete) {
            topic.takeAsWhole();
        }
        RowComparison rows = new RowComparison(
                topic,
                decoder,
                schema,
                complete,
                applied.sequenceColumn(),
                settings.feed()
                        || settings.ledger().isPresent()
                        || settings.source().isPresent());
        compareRows(table, rows, findings);
        if (rows.unproven() > 0) {
            limits.add("the topic no longer reaches back to its beginning: it says nothing of " + rows.unproven()
                    + " rows, whose last change came before its offsets " + from);
        }
        checkAccounts(read, applied, topic, complete, findings, limits);
        DeadLetterComparison.finding(
                        KernelTable.find(settings.table() + DEAD_LETTERS),
                        settings.topic(),
                        topic.unreadable(),
                        from,
                        positions)
                .ifPresent(findings::add);
        Optional<SourceComparison> source = settings.source()
                .map(database -> compareSource(
                        database,
                        topic,
                        rows,
                        schema,
                        applied.isLearned() ? decoder.widening() : decoder,
                        positions,
                        sum));
        Optional<Long> feedChanges = settings.feed()
                ? Optional.of(checkFeed(table, schema, decoder, rows, sum, findings))
                : Optional.empty();
        sum.flatMap(ConservedSum::finding).ifPresent(findings::add);
        Optional<LedgerComparison> ledger =
                settings.ledger().map(file -> Ledger.read(file, decoder).compare(rows.kept(), schema));
        return new Verdict(
                table.version(),
                positions,
                topic.events(),
                rows.count(),
                rows.unproven(),
                rows.differences(),
                feedChanges,
                ledger,
                source,
                sum.map(ConservedSum::versions),
                findings,
                limits,
                Duration.ofNanos(System.nanoTime() - beginNanos));
    }

    /** Ends {@link #run} soon with an exception, from any thread. */
    public void stop() {
        stopped = true;
        TopicReplay running = replay;
        if (running != null) {
            running.stop();
        }
    }

    private TopicReplay replay(
            PlainDecoder decoder,
            boolean sequenced,
            Function<Object, @Nullable Known> earlier,
            Map<Integer, Long> from,
            Map<Integer, Long> to,
            Predicate<ConsumerRecord<byte[], byte[]>> wanted) {
        TopicReplay topic = new TopicReplay(topics.connection(), settings.topic(), decoder, sequenced, wanted);
        topic.goOnFrom(earlier);
        replay = topic;
        long events = to.entrySet().stream()
                .mapToLong(position -> position.getValue() - from.getOrDefault(position.getKey(), 0L))
                .sum();
        CompletableFuture<Void> reading = CompletableFuture.runAsync(() -> topic.read(from, to));
        if (stopped) {
            topic.stop();
        }
        while (!isDone(reading)) {
            listener.onProgress("events replayed", topic.events(), events);
        }
        listener.onProgress("events replayed", topic.events(), events);
        return topic;
    }

    /** Waits a little for the end; throws what went wrong. */
    private static boolean isDone(CompletableFuture<Void> work) {
        try {
            work.get(TELL.toMillis(), TimeUnit.MILLISECONDS);
            return true;
        } catch (TimeoutException notYet) {
            return false;
        } catch (InterruptedException interrupted) {
            throw new IllegalStateException("nobody interrupts this thread", interrupted);
        } catch (ExecutionException | CompletionException failure) {
            throw failure.getCause() instanceof RuntimeException cause
                    ? cause
                    : new IllegalStateException("the topic could not be read", failure);
        }
    }

    private void compareRows(KernelTable table, RowComparison comparison, List<String> findings) {
        long rows = table.rowCount().orElse(0);
        table.rows(comparison.columns(), row -> {
            comparison.take(row);
            if (comparison.count() % ROWS_BETWEEN_TELLING == 0) {
                listener.onProgress("rows compared", comparison.count(), rows);
                if (stopped) {
                    throw TopicReplay.interrupted();
                }
            }
        });
        comparison.end();
        listener.onProgress("rows compared", comparison.count(), rows);
        if (comparison.wrongSequences() > 0) {
            findings.add(comparison.wrongSequences() + " rows have another " + AppliedTable.SEQUENCE
                    + " than their last change");
        }
    }

    private void checkAccounts(
            OptionalLong read,
            AppliedTable table,
            TopicReplay topic,
            boolean complete,
            List<String> findings,
            List<String> limits) {
        if (read.isEmpty()) {
            limits.add("the table has no accounts");
        } else if (!complete) {
            limits.add("the accounts cannot be closed: the table was made from " + read.getAsLong()
                    + " events, of which the topic still has " + topic.events());
        } else {
            if (read.getAsLong() != topic.events()) {
                findings.add("the accounts do not close: the topic has " + topic.events()
                        + " events up to the table's positions, the table's accounts have " + read.getAsLong());
            }
            long deadLettered = table.deadLettered();
            if (deadLettered != topic.unreadable().size()) {
                findings.add("the topic has " + topic.unreadable().size()
                        + " events that cannot be applied, the table's accounts have " + deadLettered);
            }
        }
    }

    /** Replays the feed, and compares what it adds up to with the table; says how many changes it has. */
    private long checkFeed(
            KernelTable table,
            TableSchema schema,
            PlainDecoder decoder,
            RowComparison comparison,
            Optional<ConservedSum> sum,
            List<String> findings) {
        FeedReplay feed = new FeedReplay(table, schema, decoder);
        feed.read((version, recorded, deleted, inserted) -> {
            sum.ifPresent(conserved -> {
                Long position = recorded.get("cdf/" + settings.topic() + "/0");
                if (position != null) {
                    conserved.take(version, position, deleted, inserted);
                }
            });
            listener.onProgress("versions of the feed replayed", version, table.version());
            if (stopped) {
                throw TopicReplay.interrupted();
            }
        });
        if (feed.differenceCount() > 0) {
            findings.add("the change data feed contradicts itself " + feed.differenceCount() + " times: "
                    + String.join("; ", feed.differences()));
        }
        if (!feed.rows().equals(comparison.kept())) {
            DifferenceList differences = new DifferenceList(schema);
            feed.rows()
                    .forEach((key, row) -> differences.compare(comparison.kept().get(key), row));
            comparison.kept().forEach((key, row) -> {
                if (!feed.rows().containsKey(key)) {
                    differences.compare(row, null);
                }
            });
            RowDifferences found = differences.differences();
            findings.add("the change data feed does not add up to the table: " + found.total()
                    + " rows differ, such as " + found.first().get(0));
        }
        return feed.changes();
    }

    private ConservedSum conservedSum(String column, TableSchema schema, Map<Integer, Long> positions) {
        if (positions.size() > 1) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the topic " + settings.topic() + " has " + positions.size()
                            + " partitions: where a transaction ends is not known",
                    "have all changes of the table in one partition");
        }
        int index = schema.indexOf(column);
        if (index < 0) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + settings.table() + " has no column " + column + " to sum up",
                    "name one of " + schema.columns().stream().map(Column::name).toList());
        }
        return new ConservedSum(index, new TransactionEnds());
    }

    /** Compares with the source database, at a moment after the table's version. */
    private SourceComparison compareSource(
            SourceSnapshot.Source database,
            TopicReplay until,
            RowComparison table,
            TableSchema schema,
            PlainDecoder decoder,
            Map<Integer, Long> positions,
            Optional<ConservedSum> sum) {
        try (SourceSnapshot snapshot = database.open()) {
            snapshot.awaitCaptured(what -> {
                listener.onProgress(what, 0, 0);
                if (stopped) {
                    throw TopicReplay.interrupted();
                }
            });
            Map<Integer, Long> ends = topics.endOffsets(settings.topic());
            Function<Object, @Nullable Known> known = key -> {
                Known told = until.find(key);
                List<@Nullable Object> row = table.kept().get(key);
                return told == null && row != null ? new Known(KNOWN_BEFORE, row) : told;
            };
            TopicReplay since = replay(decoder, until.isSequenced(), known, positions, ends, record -> {
                sum.ifPresent(conserved -> conserved.ends().take(record));
                return PlainDecoder.isIn(snapshot, record.value());
            });
            if (ends.equals(positions)) {
                // What is committed is captured, and all of that is before the version: no transaction is cut.
                sum.ifPresent(conserved -> conserved.ends().takeEnd());
            }
            SourceRows rows = new SourceRows(schema, decoder, table.kept());
            rows.add(since, until);
            return rows.compare(snapshot, since.events());
        }
    }
}
