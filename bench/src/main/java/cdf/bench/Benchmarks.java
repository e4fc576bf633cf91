package cdf.bench;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.producer.CheckedCommand;
import cdf.producer.CommandRunner;
import cdf.producer.LogOptions;
import cdf.producer.Terminal;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** What the programs share: how they run, and which of several rounds counts. */
final class Benchmarks {
    private Benchmarks() {}

    /** Runs a program as its own process does, and ends the process. */
    static void main(Function<Terminal, CheckedCommand> program, String... arguments) {
        Map<String, String> environment = System.getenv();
        Terminal terminal = Terminal.ofProcess(environment);
        System.exit(new CommandRunner(program.apply(terminal), new LogOptions(), terminal, environment).run(arguments));
    }

    /** The one in the middle: on a machine that does other work as well, single rounds go astray. */
    static double median(double... rounds) {
        double[] sorted = rounds.clone();
        Arrays.sort(sorted);
        int half = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[half] : (sorted[half - 1] + sorted[half]) / 2;
    }

    /** Makes a directory for what a program needs; the program deletes it. */
    static Path temporaryDirectory(String prefix) {
        try {
            return Files.createTempDirectory(prefix);
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot create a temporary directory: " + failure.getMessage(),
                    "make room in the directory for temporary files",
                    failure);
        }
    }

    /** The beginning of a command that starts another JVM for Spark: the one of this process, with the options it needs. */
    static List<String> java() {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.startsWith("--add-opens=") || option.startsWith("-Djdk."))
                .forEach(command::add);
        return command;
    }

    /** For what a program runs within itself, and whose output nobody wants to see. */
    static Terminal silentTerminal() {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8);
        return new Terminal(nowhere, nowhere, false, false, false);
    }
}
