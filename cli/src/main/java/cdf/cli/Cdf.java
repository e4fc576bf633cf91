package cdf.cli;

import cdf.producer.CaptureCommand;
import cdf.producer.CommandRunner;
import cdf.producer.GenerateCommand;
import cdf.producer.LogOptions;
import cdf.producer.Terminal;
import picocli.CommandLine.Command;

import java.util.Map;

/** The application {@code cdf}, with every command. */
@Command(
        name = "cdf",
        description = "Change data, faithfully: row changes through Kafka, live.",
        mixinStandardHelpOptions = true,
        versionProvider = CommandRunner.Version.class,
        footer = {
            "",
            "Exit codes: 0 done, 1 failed, 2 wrong usage, 3 verification found a difference, 4 cannot reach the broker or"
                    + " the database, 130 interrupted."
        })
public final class Cdf {
    private Cdf() {}

    public static void main(String[] arguments) {
        Map<String, String> environment = System.getenv();
        System.exit(run(Terminal.ofProcess(environment), environment, arguments));
    }

    /** Runs a command line and gives the exit code. */
    static int run(Terminal terminal, Map<String, String> environment, String... arguments) {
        return new CommandRunner(new Cdf(), new LogOptions(), terminal, environment)
                .add(new DemoCommand(terminal))
                .add(new BrokerCommand(terminal))
                .add(new GenerateCommand(terminal))
                .add(new CaptureCommand(terminal, environment))
                .add(new WatchCommand(terminal))
                .add(new ApplyCommand(terminal))
                .add(new TableCommand(terminal))
                .add(new FeedCommand(terminal))
                .add(new DeadLettersCommand(terminal))
                .add(new VerifyCommand(terminal, environment))
                .run(arguments);
    }
}
