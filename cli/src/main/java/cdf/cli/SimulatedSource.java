package cdf.cli;

import cdf.generator.EventFormat;
import cdf.generator.Faults;
import cdf.generator.Mix;
import cdf.generator.WorkloadSettings;
import cdf.kafka.Topics;
import cdf.lake.ColumnSource;
import cdf.lake.Sequencing;
import cdf.producer.GenerateSettings;
import cdf.producer.GenerateSummary;
import cdf.producer.Generation;
import cdf.producer.Pace;
import cdf.producer.Terminal;
import cdf.verify.VerifySettings;
import com.fasterxml.jackson.core.JsonGenerator;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Objects;
import java.util.Optional;
import java.util.SplittableRandom;

/** The simulated database. */
final class SimulatedSource implements DemoSource {
    private static final String TOPIC = "r023hf";
    private static final int PARTITIONS = 4;
    private static final int ROWS = 1000;

    private final Generation generation;
    private final Path ledger;
    private final boolean allIsOurs;
    private @Nullable GenerateSummary summary;

    /**
     * Prepares the topic.
     *
     * @param events how many changes to make, 0 for no end
     * @param ledger where to keep the truth
     */
    SimulatedSource(Topics topics, long events, long eventsPerSecond, Path ledger, Terminal terminal) {
        var unused = topics.ensure(TOPIC, PARTITIONS);
        this.ledger = ledger;
        allIsOurs = topics.endOffsets(TOPIC).values().stream().allMatch(offset -> offset == 0);
        GenerateSettings settings = new GenerateSettings(
                new WorkloadSettings(new SplittableRandom().nextLong(Integer.MAX_VALUE), ROWS, Mix.DEFAULT, 1, 1000),
                events,
                new Pace(eventsPerSecond),
                EventFormat.PLAIN,
                false,
                Faults.NONE,
                Optional.of(ledger),
                Optional.empty());
        generation = new Generation(settings, topics.connection(), TOPIC, terminal);
    }

    @Override
    public String topic() {
        return TOPIC;
    }

    @Override
    public Optional<Sequencing> sequencing() {
        return Optional.empty();
    }

    @Override
    public ColumnSource columns() {
        return new ColumnSource.Given(SchemaOptions.users());
    }

    @Override
    public long run(ApplyUntil applied) {
        GenerateSummary generated = generation.run();
        summary = generated;
        return generated.generated();
    }

    @Override
    public void stop() {
        generation.stop();
    }

    /** By the topic and, if nobody else sent anything, by the truth as the generator knows it. */
    @Override
    public VerifySettings verification(String table) {
        return new VerifySettings(
                TOPIC, table, Optional.empty(), true, allIsOurs ? Optional.of(ledger) : Optional.empty());
    }

    @Override
    public void print(PrintStream out) {
        Objects.requireNonNull(summary).print(out);
    }

    @Override
    public void writeTo(JsonGenerator json) throws IOException {
        Objects.requireNonNull(summary).writeTo(json);
    }

    @Override
    public void close() {}
}
