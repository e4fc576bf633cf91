package cdf.producer;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.commons.text.similarity.LevenshteinDistance;
import picocli.CommandLine;
import picocli.CommandLine.IVersionProvider;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Runs a command line: parses, checks, runs, and turns every failure into a cause, a hint and an exit code. */
public final class CommandRunner {
    private final Terminal terminal;
    private final EnvironmentDefaults defaults;
    private final LogOptions log;
    private final CommandLine commandLine;
    private List<String> arguments = List.of();

    /** @param application the top command, whose sub-commands are {@link CheckedCommand}s */
    public CommandRunner(Object application, LogOptions log, Terminal terminal, Map<String, String> environment) {
        this.terminal = terminal;
        this.log = log;
        this.defaults = new EnvironmentDefaults(environment);
        this.commandLine = new CommandLine(application);
        commandLine.addMixin("log", log);
    }

    /** Adds a command; the first is the one that help lists first. */
    public CommandRunner add(CheckedCommand command) {
        commandLine.addSubcommand(command);
        return this;
    }

    /** Runs the command line and gives the process's exit code. */
    public int run(String... arguments) {
        this.arguments = List.of(arguments);
        commandLine
                .setDefaultValueProvider(defaults)
                .setCaseInsensitiveEnumValuesAllowed(true)
                .setAbbreviatedOptionsAllowed(false)
                .setUsageHelpAutoWidth(true)
                .setOut(new PrintWriter(terminal.out(), true, StandardCharsets.UTF_8))
                .setErr(new PrintWriter(terminal.err(), true, StandardCharsets.UTF_8))
                .setColorScheme(CommandLine.Help.defaultColorScheme(terminal.ansiOut()))
                .setExecutionStrategy(this::execute)
                .setParameterExceptionHandler(
                        (failure, args) -> wrongUsage(failure.getCommandLine(), List.of(failure)));
        for (CommandLine command : allCommands()) {
            command.getCommandSpec().parser().collectErrors(true);
        }
        int code = commandLine.execute(arguments);
        terminal.out().flush();
        terminal.err().flush();
        return code;
    }

    private List<CommandLine> allCommands() {
        List<CommandLine> all = new ArrayList<>(commandLine.getSubcommands().values());
        all.add(commandLine);
        return all;
    }

    private int execute(ParseResult parsed) {
        Integer help = CommandLine.executeHelpRequest(parsed);
        if (help != null) {
            return help;
        }
        ParseResult last = parsed.asCommandLineList().size() == 1 ? parsed : parsed.subcommand();
        CommandLine command = last.commandSpec().commandLine();
        List<Exception> errors = new ArrayList<>(parsed.errors());
        if (last != parsed) {
            errors.addAll(last.errors());
        }
        if (!errors.isEmpty()) {
            return wrongUsage(command, errors);
        }
        if (!(command.getCommand() instanceof CheckedCommand checked)) {
            command.usage(terminal.err(), terminal.ansiErr());
            return ExitCode.WRONG_USAGE.code();
        }
        List<String> problems = checked.problems();
        if (!problems.isEmpty()) {
            return wrongUsage(command, problems, List.of());
        }
        log.apply();
        try {
            return checked.run().code();
        } catch (RuntimeException failure) {
            // Picocli takes what its execution strategy throws for a bug and prints a stack trace.
            return failed(failure);
        }
    }

    private int wrongUsage(CommandLine command, List<? extends Exception> errors) {
        List<String> problems = new ArrayList<>();
        List<String> suggestions = new ArrayList<>();
        for (Exception error : errors) {
            problems.add(
                    error instanceof ParameterException wrong ? describe(wrong) : String.valueOf(error.getMessage()));
            if (error instanceof UnmatchedArgumentException unmatched) {
                nearest(unmatched).ifPresent(suggestions::add);
            }
        }
        return wrongUsage(command, problems, suggestions);
    }

    private int wrongUsage(CommandLine command, List<String> problems, List<String> suggestions) {
        problems.forEach(this::printProblem);
        String name = command.getCommandSpec().qualifiedName();
        printHint(
                suggestions.isEmpty()
                        ? name + " --help lists the options"
                        : "did you mean " + suggestions.get(0) + "? " + name + " --help lists what there is");
        return ExitCode.WRONG_USAGE.code();
    }

    /** The option or command that is spelled most like what nobody knows. */
    private static Optional<String> nearest(UnmatchedArgumentException unmatched) {
        String unknown = unmatched.getUnmatched().get(0).replaceFirst("=.*", "");
        CommandLine command = unmatched.getCommandLine();
        Set<String> names = unknown.startsWith("-")
                ? command.getCommandSpec().optionsMap().keySet()
                : command.getSubcommands().keySet();
        return names.stream().min(Comparator.comparing(name -> LevenshteinDistance.getDefaultInstance()
                .apply(name, unknown)));
    }

    /** Picocli's message, and the environment variable that is at fault, if one is. */
    private String describe(ParameterException wrong) {
        String message = String.valueOf(wrong.getMessage());
        if (wrong.getArgSpec() instanceof OptionSpec argument && !given(argument)) {
            return defaults.variable(argument)
                    .map(variable -> message + " (from the environment variable " + variable + ")")
                    .orElse(message);
        }
        return message;
    }

    /** Whether the command line has the option; picocli does not tell when it could not take the value. */
    private boolean given(OptionSpec option) {
        return Arrays.stream(option.names()).anyMatch(name -> arguments.stream()
                .anyMatch(argument -> argument.equals(name) || argument.startsWith(name + "=")));
    }

    private int failed(RuntimeException failure) {
        terminal.out().flush();
        terminal.endProgress();
        if (log.debug()) {
            failure.printStackTrace(terminal.err());
        }
        CdfException told = CdfException.of(failure);
        printProblem(told.problem());
        printHint(told.hint());
        return told.exitCode().code();
    }

    private void printProblem(String problem) {
        terminal.err().println(terminal.ansiErr().string("@|bold,red error:|@ ") + problem);
    }

    private void printHint(String hint) {
        terminal.err().println(terminal.ansiErr().string("@|bold hint:|@  ") + hint);
    }

    /** The version of the jar that a program was started from. */
    public static final class Version implements IVersionProvider {
        @Override
        public String[] getVersion() {
            String version = CommandRunner.class.getPackage().getImplementationVersion();
            return new String[] {"cdf " + (version == null ? "development" : version)};
        }
    }
}
