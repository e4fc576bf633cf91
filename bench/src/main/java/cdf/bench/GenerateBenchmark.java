package cdf.bench;

import cdf.change.ExitCode;
import cdf.generator.Mix;
import cdf.generator.WorkloadSettings;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.producer.CheckedCommand;
import cdf.producer.GenerateSettings;
import cdf.producer.GenerateSummary;
import cdf.producer.Generation;
import cdf.producer.JsonLine;
import cdf.producer.OutputOption;
import cdf.producer.Pace;
import cdf.producer.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** {@code bench/generate}. */
@Command(
        name = "bench/generate",
        description = "How many events a second cdf generate sends as fast as possible, beside Kafka's own"
                + " ProducerPerformance with records of the same size and the same settings.",
        mixinStandardHelpOptions = true)
final class GenerateBenchmark implements CheckedCommand {
    private static final int PARTITIONS = 4;
    private static final int ROWS = 1000;

    @Option(
            names = "--events",
            paramLabel = "N",
            defaultValue = "2000000",
            description = "How many records a round sends. Default: 2000000.")
    private long events;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "7",
            description = "How many rounds each of the two is measured, after one that warms up. Default: 7.")
    private int rounds;

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;
    private int loads;

    private GenerateBenchmark(Terminal terminal) {
        this.terminal = terminal;
    }

    public static void main(String[] arguments) {
        Benchmarks.main(GenerateBenchmark::new, arguments);
    }

    @Override
    public List<String> problems() {
        return events < 1 || rounds < 1 ? List.of("--events and --rounds must be at least 1") : List.of();
    }

    @Override
    public ExitCode run() {
        try (BrokerProcess broker = BrokerProcess.start();
                Topics topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()))) {
            measure(topics);
        }
        return ExitCode.DONE;
    }

    private void measure(Topics topics) {
        GenerateSummary warm = inTopic(topics, topic -> generate(topics.connection(), topic));
        long recordBytes = Math.round((double) warm.bytes() / warm.acknowledged());
        ProducerPerformancePeer peer = new ProducerPerformancePeer(topics.connection(), events, recordBytes);
        inTopic(topics, peer::run);

        terminal.out()
                .printf(Locale.ROOT, "%-8s %16s %24s %8s%n", "round", "generate/s", "ProducerPerformance/s", "ratio");
        List<Round> measured = new ArrayList<>();
        for (int number = 1; number <= rounds; number++) {
            Round round = number % 2 == 1 ? generateFirst(topics, peer) : peerFirst(topics, peer);
            measured.add(round);
            print(Integer.toString(number), round.generated(), round.peer(), round.ratio());
        }
        double generated = median(measured, Round::generated);
        double peers = median(measured, Round::peer);
        double ratio = median(measured, Round::ratio);
        print("median", generated, peers, ratio);
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                json.writeNumberField("ratio", Math.round(1000 * ratio) / 1000.0);
                json.writeNumberField("eventsPerSecond", Math.round(generated));
                json.writeNumberField("producerPerformancePerSecond", Math.round(peers));
                json.writeNumberField("recordBytes", recordBytes);
                json.writeNumberField("rounds", rounds);
            }));
        }
    }

    private Round generateFirst(Topics topics, ProducerPerformancePeer peer) {
        double generated = perSecond(topics, topic -> generate(topics.connection(), topic));
        return new Round(generated, perSecond(topics, peer::run));
    }

    private Round peerFirst(Topics topics, ProducerPerformancePeer peer) {
        double peers = perSecond(topics, peer::run);
        return new Round(perSecond(topics, topic -> generate(topics.connection(), topic)), peers);
    }

    private GenerateSummary generate(KafkaConnection connection, String topic) {
        GenerateSettings settings =
                GenerateSettings.faultless(new WorkloadSettings(1, ROWS, Mix.DEFAULT, 1, 1000), events, new Pace(0));
        return new Generation(settings, connection, topic, terminal).run();
    }

    /** From the opening of the producer to its end, everything acknowledged: the same for both. */
    private double perSecond(Topics topics, Load<?> load) {
        return inTopic(topics, topic -> {
            long startNanos = System.nanoTime();
            load.run(topic);
            return events / ((System.nanoTime() - startNanos) / 1e9);
        });
    }

    /** Each load has a topic of its own. They are kept to the end: a broker that deletes is a slower broker. */
    private <T> T inTopic(Topics topics, Load<T> load) {
        String topic = "load-" + ++loads;
        topics.ensure(topic, PARTITIONS);
        T result = load.run(topic);
        long arrived = topics.endOffsets(topic).values().stream()
                .mapToLong(Long::longValue)
                .sum();
        if (arrived != events) {
            throw new IllegalStateException(arrived + " of " + events + " records arrived");
        }
        return result;
    }

    private void print(String round, double generated, double peers, double ratio) {
        terminal.out().printf(Locale.ROOT, "%-8s %,16.0f %,24.0f %8.2f%n", round, generated, peers, ratio);
        terminal.out().flush();
    }

    private static double median(List<Round> rounds, ToDoubleFunction<Round> figure) {
        return Benchmarks.median(rounds.stream().mapToDouble(figure).toArray());
    }

    /** Sends its records to a topic and returns when all are acknowledged. */
    private interface Load<T> {
        T run(String topic);
    }

    /** Records a second of both. */
    private record Round(double generated, double peer) {
        double ratio() {
            return generated / peer;
        }
    }
}
