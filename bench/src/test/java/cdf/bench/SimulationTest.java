package cdf.bench;

import cdf.bench.Simulation.Outcome;
import cdf.bench.Simulation.Sabotage;
import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.LocalSpark;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/** The short form of {@code bench/simulate}, and the proof that its checks can fail. */
class SimulationTest {
    private static EmbeddedBroker broker;
    private static Topics topics;
    private static LocalSpark spark;

    @TempDir
    private Path directory;

    private final long seed = new SplittableRandom().nextInt(Integer.MAX_VALUE);

    @BeforeAll
    static void startBrokerAndSpark(@TempDir Path temporary) {
        broker = EmbeddedBroker.start(new BrokerSettings(temporary, 0, Map.of()));
        topics = Topics.connect(new KafkaConnection(broker.bootstrapServer()));
        spark = LocalSpark.startWithDelta();
    }

    @AfterAll
    static void closeSparkAndBroker() {
        spark.close();
        topics.close();
        broker.close();
    }

    @RepeatedTest(12)
    void aRandomHistoryEndsWithATableThatIsRight() {
        Outcome outcome = simulate(Optional.empty());

        assertThat(outcome.verdict().verified()).as(replay(outcome)).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void aPlantedBugIsFound(Sabotage sabotage) {
        Outcome outcome = simulate(Optional.of(sabotage));

        assertThat(outcome.verdict().equal()).as(replay(outcome)).isFalse();
    }

    private Outcome simulate(Optional<Sabotage> sabotage) {
        return new Simulation(spark.session(), topics, directory, "history-" + seed, seed).run(sabotage);
    }

    private String replay(Outcome outcome) {
        return outcome + "; bench/simulate --histories 1 --seed " + seed;
    }
}
