package cdf.bench;

import cdf.change.ExitCode;
import cdf.cli.ChangePrinter;
import cdf.generator.EventFormat;
import cdf.generator.EventWriter;
import cdf.generator.Mix;
import cdf.generator.Workload;
import cdf.generator.WorkloadSettings;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Publisher;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import cdf.lake.Watch;
import cdf.producer.CheckedCommand;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Terminal;
import com.fasterxml.jackson.core.JsonGenerator;
import org.HdrHistogram.Histogram;
import org.apache.spark.sql.streaming.Trigger;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

/** {@code bench/watch}. */
@Command(
        name = "bench/watch",
        description = "How long it takes from sending a change to the flushed line that cdf watch prints of it, in"
                + " Real-Time Mode and with the micro-batch trigger.",
        mixinStandardHelpOptions = true)
final class WatchBenchmark implements CheckedCommand {
    private static final int PARTITIONS = 4;
    private static final int ROWS = 1000;

    @Option(
            names = "--events-per-second",
            paramLabel = "R",
            defaultValue = "1000",
            description = "How many changes are sent a second. Default: 1000.")
    private long eventsPerSecond;

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "130",
            description =
                    "How long Real-Time Mode is measured; an end of a batch, one in ten minutes, falls into it only"
                            + " if it is longer than that. Default: 130.")
    private int seconds;

    @Option(
            names = "--micro-batch-seconds",
            paramLabel = "N",
            defaultValue = "45",
            description = "How long the micro-batch trigger is measured. Default: 45.")
    private int microBatchSeconds;

    @Option(
            names = "--warm-up-seconds",
            paramLabel = "N",
            defaultValue = "20",
            description = "How long each of the two runs before it is measured. Default: 20.")
    private int warmUpSeconds;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    private WatchBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(WatchBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return eventsPerSecond < 1 || seconds < 1 || microBatchSeconds < 1 || warmUpSeconds < 0
                ? List.of("the rate and the durations must be at least 1, --warm-up-seconds at least 0")
                : List.of();
    }

    @Override
    public ExitCode run() {
        try (BrokerProcess broker = BrokerProcess.start();
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
                LocalSpark spark = LocalSpark.start()) {
            terminal.out().printf("%-16s %10s %10s %10s %10s%n", "millis", "median", "p99", "p99.9", "max");
            Histogram realTime = measure(topics, "real-time", seconds, watch -> watch.run(spark.session()));
            print("Real-Time Mode", realTime);
            Histogram microBatch = measure(
                    topics,
                    "micro-batch",
                    microBatchSeconds,
                    watch -> watch.run(spark.session(), Trigger.ProcessingTime(0)));
            print("micro-batch", microBatch);
            if (output.json()) {
                terminal.out().println(JsonLine.of(json -> write(json, realTime, microBatch)));
            }
        }
        return ExitCode.DONE;
    }

    /** How a watch runs. */
    private interface Query {
        void run(Watch watch);
    }

    /** Sends for the given time, and the time to warm up before it; gives the microseconds from sending to shown. */
    private Histogram measure(Topics topics, String topic, int measuredSeconds, Query query) {
        topics.ensure(topic, PARTITIONS);
        int warmUp = Math.toIntExact(warmUpSeconds * eventsPerSecond);
        int events = Math.toIntExact(measuredSeconds * eventsPerSecond) + warmUp;
        ShownTimes shown = new ShownTimes(topic, events);
        try (ChangePrinter printer = new ChangePrinter(shown.terminal(), shown)) {
            Watch watch = new Watch(topics, topic, Map.of(), printer);
            printer.endAfter(events);
            printer.start(watch::stop);
            CompletableFuture<long[]> sending = CompletableFuture.supplyAsync(() -> send(topics, topic, events, shown))
                    .whenComplete((sent, failure) -> {
                        if (failure != null) {
                            watch.stop();
                        }
                    });
            query.run(watch);
            printer.finish();
            return shown.latencyMicros(sending.join(), warmUp);
        }
    }

    /** Sends one event and, when it has been shown, the others at an even pace; the key of an event is its number, counted from 0. */
    private long[] send(Topics topics, String topic, int events, ShownTimes shown) {
        Workload workload = new Workload(new WorkloadSettings(1, ROWS, Mix.DEFAULT, 1, 1000));
        EventWriter writer = new EventWriter(EventFormat.PLAIN);
        long[] sentNanos = new long[events];
        try (Publisher publisher = Publisher.open(topics.connection(), topic, Duration.ZERO)) {
            long startNanos = 0;
            for (int number = 0; number < events; number++) {
                long dueNanos = startNanos + number * Duration.ofSeconds(1).toNanos() / eventsPerSecond;
                for (long now = System.nanoTime(); now < dueNanos; now = System.nanoTime()) {
                    LockSupport.parkNanos(dueNanos - now);
                }
                byte[] value = writer.value(workload.next(), System.currentTimeMillis());
                sentNanos[number] = System.nanoTime();
                publisher.send(ShownTimes.key(number), value, dueNanos);
                if (number == 0) {
                    shown.awaitFirst();
                    startNanos = System.nanoTime();
                }
            }
            publisher.flush();
        }
        return sentNanos;
    }

    private void print(String name, Histogram micros) {
        terminal.out()
                .printf(
                        Locale.ROOT,
                        "%-16s %10.2f %10.2f %10.2f %10.2f%n",
                        name,
                        millis(micros, 50),
                        millis(micros, 99),
                        millis(micros, 99.9),
                        millis(micros, 100));
        terminal.out().flush();
    }

    private static void write(JsonGenerator json, Histogram realTime, Histogram microBatch) throws IOException {
        json.writeNumberField("medianMillis", millis(realTime, 50));
        json.writeNumberField("p99Millis", millis(realTime, 99));
        json.writeNumberField("maxMillis", millis(realTime, 100));
        json.writeNumberField("microBatchMedianMillis", millis(microBatch, 50));
        json.writeNumberField("microBatchP99Millis", millis(microBatch, 99));
        json.writeNumberField("microBatchMaxMillis", millis(microBatch, 100));
        json.writeNumberField("events", realTime.getTotalCount());
    }

    private static double millis(Histogram micros, double percentile) {
        return micros.getValueAtPercentile(percentile) / 1e3;
    }
}
