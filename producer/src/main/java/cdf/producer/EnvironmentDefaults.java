package cdf.producer;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.IDefaultValueProvider;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;

import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Options that an environment variable gives when the command line does not. The first variable that is set counts. */
public final class EnvironmentDefaults implements IDefaultValueProvider {
    /** Option to variables. */
    public static final Map<String, List<String>> VARIABLES = Map.of(
            "--bootstrap-server", List.of("CDF_BOOTSTRAP_SERVER", "KAFKA_BROKER"),
            "--topic", List.of("TOPIC"),
            "--events-per-second", List.of("EVENTS_PER_SEC"),
            "--min-value", List.of("MIN_VALUE"),
            "--max-value", List.of("MAX_VALUE"));

    private final Map<String, String> environment;

    public EnvironmentDefaults(Map<String, String> environment) {
        this.environment = Map.copyOf(environment);
    }

    @Override
    public @Nullable String defaultValue(ArgSpec argument) {
        return variable(argument).map(environment::get).orElse(null);
    }

    /** The variable that the argument's value comes from, unless the command line gives it. */
    Optional<String> variable(ArgSpec argument) {
        return argument instanceof OptionSpec option
                ? VARIABLES.getOrDefault(option.longestName(), List.of()).stream()
                        .filter(name -> !environment.getOrDefault(name, "").isBlank())
                        .findFirst()
                : Optional.empty();
    }
}
