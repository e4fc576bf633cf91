package cdf.producer;

import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import java.util.ArrayList;
import java.util.List;

/** {@code cdf generate}. */
@Command(
        name = "generate",
        description = "Simulate a database: create, update and delete users, and send each change to the topic.",
        mixinStandardHelpOptions = true)
public final class GenerateCommand implements CheckedCommand {
    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Mixin
    private GenerateOptions options = new GenerateOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;

    public GenerateCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>(kafka.problems());
        problems.addAll(options.problems());
        return problems;
    }

    @Override
    public ExitCode run() {
        KafkaConnection connection = kafka.connection();
        try (Topics topics = Topics.connect(connection)) {
            topics.ensure(kafka.topic(), options.partitions());
        }
        GenerateSettings settings = options.settings();
        Generation generation = new Generation(settings, connection, kafka.topic(), terminal);
        try (Interruption interruption = Interruption.listen(generation::stop)) {
            GenerateSummary summary = generation.run();
            if (output.json()) {
                terminal.out().println(JsonLine.of(summary::writeTo));
            } else {
                summary.print(terminal.out());
            }
            return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
        }
    }
}
