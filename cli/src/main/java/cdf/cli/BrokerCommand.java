package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.Interruption;
import cdf.producer.Terminal;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;

/** {@code cdf broker}. */
@Command(
        name = "broker",
        description = "Run Apache Kafka in this process, for this machine only. Ctrl-C ends it.",
        mixinStandardHelpOptions = true)
final class BrokerCommand implements CheckedCommand {
    private static final int HIGHEST_PORT = 65_535;

    @Option(
            names = "--port",
            paramLabel = "PORT",
            defaultValue = "9092",
            description = "The port on localhost; 0 for any free one. Default: 9092.")
    private int port;

    @Option(
            names = "--data-dir",
            paramLabel = "DIR",
            defaultValue = "cdf-broker",
            description = "Where topics are kept from one run to the next. Default: cdf-broker.")
    private Path dataDirectory = Path.of("");

    private final Terminal terminal;

    BrokerCommand(Terminal terminal) {
        this.terminal = terminal;
    }

    @Override
    public List<String> problems() {
        return port < 0 || port > HIGHEST_PORT ? List.of("--port: " + port + " is not from 0 to 65535") : List.of();
    }

    @Override
    public ExitCode run() {
        CompletableFuture<Void> stopped = new CompletableFuture<>();
        try (EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(dataDirectory, port, Map.of()));
                Interruption interruption = Interruption.listen(() -> stopped.complete(null))) {
            terminal.notice("the broker listens at " + broker.bootstrapServer() + " and keeps its data in "
                    + dataDirectory.toAbsolutePath());
            CompletableFuture.anyOf(stopped, broker.termination()).join();
            return interruption.happened() ? ExitCode.INTERRUPTED : ExitCode.DONE;
        } catch (CompletionException failure) {
            throw failure.getCause() instanceof CdfException known ? known : failure;
        }
    }
}
