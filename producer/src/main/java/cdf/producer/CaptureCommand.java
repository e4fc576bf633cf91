package cdf.producer;

import cdf.change.ExitCode;
import cdf.kafka.KafkaConnection;
import cdf.postgres.Capture;
import cdf.postgres.CaptureSummary;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code cdf capture}. */
@Command(
        name = "capture",
        description =
                "Capture tables of a PostgreSQL database: first their rows, then their changes as they are committed,"
                        + " into one topic a table. Ctrl-C ends it; the next run goes on where it stopped.",
        mixinStandardHelpOptions = true)
public final class CaptureCommand implements CheckedCommand {
    @Mixin
    private KafkaOptions kafka = new KafkaOptions();

    @Mixin
    private CaptureOptions options = new CaptureOptions();

    @Mixin
    private OutputOption output = new OutputOption();

    private final Terminal terminal;
    private final Map<String, String> environment;

    public CaptureCommand(Terminal terminal, Map<String, String> environment) {
        this.terminal = terminal;
        this.environment = Map.copyOf(environment);
    }

    @Override
    public List<String> problems() {
        List<String> problems = new ArrayList<>(kafka.problems());
        problems.addAll(options.problems(kafka.topic()));
        return problems;
    }

    @Override
    public ExitCode run() {
        return options.dropSlot() ? drop(kafka.connection()) : capture(kafka.connection());
    }

    private ExitCode capture(KafkaConnection connection) {
        Capture capture = new Capture(
                connection,
                options.settings(kafka.topic(), environment, connection.properties()),
                new CaptureReport(terminal));
        try (Interruption interruption = Interruption.listen(capture::stop)) {
            CaptureSummary summary = capture.run();
            terminal.endProgress();
            print(summary);
            return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
        }
    }

    private void print(CaptureSummary summary) {
        double seconds = summary.elapsed().toMillis() / 1e3;
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                json.writeNumberField("captured", summary.captured());
                json.writeNumberField("snapshotRows", summary.snapshotRows());
                json.writeArrayFieldStart("topics");
                for (String topic : summary.topics()) {
                    json.writeString(topic);
                }
                json.writeEndArray();
                json.writeStringField("slot", summary.slot());
                json.writeStringField("lsn", summary.lsn().toString());
                json.writeNumberField("seconds", seconds);
            }));
        } else {
            terminal.out()
                    .printf(
                            Locale.ROOT,
                            "captured %,d events, %,d of them rows that were there, in %.1f s%n"
                                    + "slot %s is at %s: the next run goes on there%n",
                            summary.captured(),
                            summary.snapshotRows(),
                            seconds,
                            summary.slot(),
                            summary.lsn());
        }
    }

    private ExitCode drop(KafkaConnection connection) {
        List<String> dropped = options.drop(kafka.topic(), environment, connection);
        if (output.json()) {
            terminal.out().println(JsonLine.of(json -> {
                json.writeArrayFieldStart("dropped");
                for (String what : dropped) {
                    json.writeString(what);
                }
                json.writeEndArray();
            }));
        } else {
            terminal.out()
                    .println(
                            dropped.isEmpty()
                                    ? "there was nothing to remove"
                                    : "removed " + String.join(", ", dropped));
        }
        return ExitCode.DONE;
    }
}
