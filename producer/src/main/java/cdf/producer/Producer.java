package cdf.producer;

import picocli.CommandLine.Command;

import java.util.Map;

/** The application of the producer's container: what needs neither Spark nor Scala. */
@Command(
        name = "cdf-producer",
        description = "Change data, faithfully: the producers alone.",
        mixinStandardHelpOptions = true,
        versionProvider = CommandRunner.Version.class)
public final class Producer {
    private Producer() {}

    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        System.exit(run(Terminal.ofProcess(environment), environment, arguments));
    }

    /** Runs a command line and gives the exit code. */
    static int run(Terminal terminal, Map<String, String> environment, String... arguments) {
        return new CommandRunner(new Producer(), new LogOptions(), terminal, environment)
                .add(new GenerateCommand(terminal))
                .add(new CaptureCommand(terminal, environment))
                .run(arguments);
    }
}
