package cdf.producer;

import cdf.generator.Fault;
import cdf.generator.Faults;
import cdf.kafka.KafkaConnection;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class OptionsTest {
    private final Path directory;

    OptionsTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void addressComesFromTheFlagThenTheEnvironmentThenTheFileThenTheDefault() throws IOException {
        String file = file("bootstrap.servers=file:1").toString();
        Map<String, String> both = Map.of("CDF_BOOTSTRAP_SERVER", "cdf:1", "KAFKA_BROKER", "kafka:1");
        Map<String, String> one = Map.of("KAFKA_BROKER", "kafka:1");

        assertThat(address(both, "--command-config", file, "--bootstrap-server", "flag:1"))
                .isEqualTo("flag:1");
        assertThat(address(both, "--brokers", "flag:1")).isEqualTo("flag:1");
        assertThat(address(both, "--command-config", file)).isEqualTo("cdf:1");
        assertThat(address(one, "--command-config", file)).isEqualTo("kafka:1");
        assertThat(address(Map.of(), "--command-config", file)).isEqualTo("file:1");
        assertThat(address(Map.of())).isEqualTo("localhost:9092");
    }

    @Test
    void blankVariableCountsAsUnset() {
        Map<String, String> blank =
                Map.of("CDF_BOOTSTRAP_SERVER", "", "KAFKA_BROKER", " ", "TOPIC", "", "EVENTS_PER_SEC", "\t");

        assertThat(address(blank)).isEqualTo("localhost:9092");
        assertThat(parse(new KafkaOptions(), blank).topic()).isEqualTo("r023hf");
        assertThat(parse(new GenerateOptions(), blank).settings().pace()).isEqualTo(new Pace(2));
        assertThat(address(Map.of("CDF_BOOTSTRAP_SERVER", " ", "KAFKA_BROKER", "kafka:1")))
                .isEqualTo("kafka:1");
    }

    @Test
    void topicPaceAndValuesComeFromTheFlagThenTheEnvironmentThenTheDefault() {
        Map<String, String> environment =
                Map.of("TOPIC", "env", "EVENTS_PER_SEC", "7", "MIN_VALUE", "-5", "MAX_VALUE", "5");

        assertThat(parse(new KafkaOptions(), environment).topic()).isEqualTo("env");
        assertThat(parse(new KafkaOptions(), environment, "--topic", "flag").topic())
                .isEqualTo("flag");
        GenerateSettings fromEnvironment =
                parse(new GenerateOptions(), environment).settings();
        assertThat(fromEnvironment.pace()).isEqualTo(new Pace(7));
        assertThat(fromEnvironment.workload().minValue()).isEqualTo(-5);
        assertThat(fromEnvironment.workload().maxValue()).isEqualTo(5);
        GenerateSettings fromFlags = parse(
                        new GenerateOptions(), environment, "--events-per-second=0", "--min-value=1", "--max-value=2")
                .settings();
        assertThat(fromFlags.pace()).isEqualTo(new Pace(0));
        assertThat(fromFlags.workload().minValue()).isEqualTo(1);
        assertThat(fromFlags.workload().maxValue()).isEqualTo(2);
        GenerateSettings defaults = parse(new GenerateOptions(), Map.of()).settings();
        assertThat(defaults.pace()).isEqualTo(new Pace(2));
        assertThat(defaults.workload().minValue()).isEqualTo(1);
        assertThat(defaults.workload().maxValue()).isEqualTo(1_000);
    }

    @Test
    void settingOnTheCommandLineGoesBeforeTheFiles() throws IOException {
        String file = file("acks=1\nlinger.ms=3").toString();

        KafkaConnection connection = parse(new KafkaOptions(), Map.of(), "--command-config", file, "-X", "acks=0")
                .connection();

        assertThat(connection.properties()).isEqualTo(Map.of("acks", "0", "linger.ms", "3"));
    }

    @ParameterizedTest
    @CsvSource({
        "EVENTS_PER_SEC, fast, --events-per-second",
        "MIN_VALUE, low, --min-value",
        "MAX_VALUE, 99999999999999999999, --max-value"
    })
    void badValueOfAVariableIsWrongUsageAndNamesTheVariable(String variable, String value, String option) {
        Outcome outcome = Outcome.of(Map.of(variable, value), "generate");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(option, value, "(from the environment variable " + variable + ")");
    }

    @Test
    void badValueOfAFlagDoesNotBlameTheVariable() {
        Outcome outcome = Outcome.of(Map.of("MIN_VALUE", "5"), "generate", "--min-value", "low");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--min-value", "low").doesNotContain("MIN_VALUE");
    }

    @ParameterizedTest
    @CsvSource({
        "EVENTS_PER_SEC, -1, -1 is not from 1 to 1000000",
        "TOPIC, a/b, 'a/b' is no topic name",
        "KAFKA_BROKER, kafka, 'kafka' is not HOST:PORT",
        "CDF_BOOTSTRAP_SERVER, 'a:1,', '' is not HOST:PORT"
    })
    void impossibleValueOfAVariableIsWrongUsage(String variable, String value, String problem) {
        Outcome outcome = Outcome.of(Map.of(variable, value), "generate");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(problem);
    }

    @ParameterizedTest
    @CsvSource({"--event, --events", "--bootstrap-servers, --bootstrap-server", "--sead, --seed"})
    void unknownOptionIsWrongUsageWithTheNearestName(String unknown, String nearest) {
        Outcome outcome = Outcome.of("generate", unknown, "5");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("'" + unknown + "'").contains("did you mean " + nearest + "?");
    }

    @Test
    void unknownCommandIsWrongUsageWithTheNearestName() {
        Outcome outcome = Outcome.of("genrate");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("genrate").contains("did you mean generate?");
    }

    @Test
    void noCommandIsWrongUsageAndHelpIsNot() {
        Outcome none = Outcome.of();
        Outcome help = Outcome.of("generate", "--help");

        assertThat(none.code()).isEqualTo(2);
        assertThat(none.err()).contains("generate");
        assertThat(help.code()).isZero();
        assertThat(help.out()).contains("--events-per-second", "EVENTS_PER_SEC");
        assertThat(help.err()).isEmpty();
    }

    @Test
    void allThatIsImpossibleIsToldAtOnce() {
        String nowhere = directory.resolve("none").resolve("file").toString();

        Outcome outcome = Outcome.of(
                "generate",
                "--events=-1",
                "--events-per-second=-3",
                "--min-value=10",
                "--max-value=9",
                "--mix=0:0:0",
                "--rows=0",
                "--partitions=0",
                "--malformed=1.5",
                "--duplicates=-1",
                "--late-duplicates=2",
                "--deletes-without-before=NaN",
                "--updates-without-before=1.01",
                "--extra-fields=7",
                "--unusual-keys=-0.1",
                "--skew=-1",
                "--topic=a b",
                "--bootstrap-server=nowhere",
                "-X",
                "bootstrap.servers=a:1",
                "--ledger=" + directory,
                "--health-file=" + nowhere);

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err().lines().filter(line -> line.startsWith("error: ")))
                .hasSize(19)
                .anyMatch(line -> line.contains("--events: -1 is negative"))
                .anyMatch(line -> line.contains("--events-per-second: -3"))
                .anyMatch(line -> line.contains("lowest value 10 is above the highest value 9"))
                .anyMatch(line -> line.contains("0:0:0"))
                .anyMatch(line -> line.contains("rows is 0"))
                .anyMatch(line -> line.contains("--partitions: 0"))
                .anyMatch(line -> line.contains("--malformed: 1.5"))
                .anyMatch(line -> line.contains("--duplicates: -1.0 is not from 0 to 1"))
                .anyMatch(line -> line.contains("--late-duplicates: 2.0 is not"))
                .anyMatch(line -> line.contains("--deletes-without-before: NaN is not"))
                .anyMatch(line -> line.contains("--updates-without-before: 1.01 is not"))
                .anyMatch(line -> line.contains("--extra-fields: 7.0 is not"))
                .anyMatch(line -> line.contains("--unusual-keys: -0.1 is not"))
                .anyMatch(line -> line.contains("skew -1.0 is not from 0"))
                .anyMatch(line -> line.contains("'a b'"))
                .anyMatch(line -> line.contains("'nowhere' is not HOST:PORT"))
                .anyMatch(line -> line.contains("-X: the broker's address"))
                .anyMatch(line -> line.contains(directory + ": it is a directory"))
                .anyMatch(line -> line.contains("there is no directory " + directory.resolve("none")));
        assertThat(outcome.err().lines().filter(line -> line.startsWith("hint: ")))
                .hasSize(1);
    }

    @Test
    void profileWithoutAPaceIsWrongUsage() {
        Outcome outcome = Outcome.of("generate", "--events-per-second=0", "--profile=burst");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("--profile: burst needs a pace, but --events-per-second is 0");
    }

    @Test
    void fileOfTheFaultsIsCheckedBeforeAnythingIsSent() throws IOException {
        Path faults = Files.createDirectory(directory.resolve("ledger.faults"));

        Outcome outcome = Outcome.of("generate", "--ledger=" + directory.resolve("ledger"));

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("cannot write the file " + faults + ": it is a directory");
    }

    @Test
    void everyFaultHasItsOptionAndItsRate() {
        for (Fault fault : Fault.values()) {
            GenerateOptions options = parse(new GenerateOptions(), Map.of(), fault.option() + "=0.25");

            assertThat(options.settings().faults()).isEqualTo(new Faults(Map.of(fault, 0.25)));
        }
        assertThat(parse(new GenerateOptions(), Map.of()).settings().faults()).isEqualTo(Faults.NONE);
    }

    @Test
    void allThatCannotBeParsedIsToldAtOnce() {
        Outcome outcome = Outcome.of(
                "generate", "--events=many", "--malformed=half", "--format=xml", "--rows=9999999999", "--profile=wave");

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains("many", "half", "xml", "9999999999", "wave");
    }

    @Test
    void missingConfigurationFileIsWrongUsageAndNamed() {
        Path missing = directory.resolve("missing.properties");

        Outcome outcome = Outcome.of("generate", "--command-config", missing.toString());

        assertThat(outcome.code()).isEqualTo(2);
        assertThat(outcome.err()).contains(missing + ": no such file");
    }

    private static String address(Map<String, String> environment, String... arguments) {
        KafkaOptions options = parse(new KafkaOptions(), environment, arguments);
        return options.connection().bootstrapServers();
    }

    private static <T> T parse(T options, Map<String, String> environment, String... arguments) {
        CommandLine commandLine = new CommandLine(options)
                .setDefaultValueProvider(new EnvironmentDefaults(environment))
                .setCaseInsensitiveEnumValuesAllowed(true);
        var unused = commandLine.parseArgs(arguments);
        return options;
    }

    private Path file(String properties) throws IOException {
        return Files.writeString(directory.resolve("client.properties"), properties);
    }
}
