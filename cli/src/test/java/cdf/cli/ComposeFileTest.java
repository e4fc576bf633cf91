package cdf.cli;

import cdf.producer.CaptureCommand;
import cdf.producer.CheckedCommand;
import cdf.producer.EnvironmentDefaults;
import cdf.producer.Terminal;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.Yaml;
import picocli.CommandLine;
import picocli.CommandLine.ParseResult;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

import static java.util.stream.Collectors.toMap;
import static org.assertj.core.api.Assertions.assertThat;

/** docker-compose.yml against the code that it starts, and against the schema of Compose. */
class ComposeFileTest {
    private static final Path FILE = Path.of("../docker-compose.yml");

    @Test
    void theProducerIsGivenOnlyVariablesThatTheCodeReads() throws IOException {
        // given
        List<String> known = EnvironmentDefaults.VARIABLES.values().stream()
                .flatMap(List::stream)
                .toList();

        // when
        Map<String, ?> given = map(service(read(), "producer"), "environment");

        // then
        assertThat(given).containsOnlyKeys("KAFKA_BROKER", "TOPIC", "MIN_VALUE", "MAX_VALUE", "EVENTS_PER_SEC");
        assertThat(known).containsAll(given.keySet());
    }

    @Test
    void eachListenerAdvertisesAnAddressThatItsClientsReach() throws IOException {
        // given
        Map<String, ?> redpanda = service(read(), "redpanda");

        // when
        Map<String, String> listeners = listeners(redpanda, "--kafka-addr");
        Map<String, String> advertised = listeners(redpanda, "--advertise-kafka-addr");

        // then
        assertThat(listeners).isEqualTo(Map.of("outside", "0.0.0.0:9092", "inside", "0.0.0.0:29092"));
        assertThat(advertised).isEqualTo(Map.of("outside", "localhost:9092", "inside", "redpanda:29092"));
        assertThat(redpanda.get("ports")).isEqualTo(List.of("127.0.0.1:9092:9092"));
        assertThat(map(service(read(), "producer"), "environment").get("KAFKA_BROKER"))
                .isEqualTo(advertised.get("inside"));
    }

    @Test
    void theProducerWaitsUntilThePinnedBrokerIsHealthy() throws IOException {
        // when
        Map<String, ?> redpanda = service(read(), "redpanda");
        Map<String, ?> awaited = map(service(read(), "producer"), "depends_on");

        // then
        assertThat(map(awaited, "redpanda").get("condition")).isEqualTo("service_healthy");
        assertThat(map(redpanda, "healthcheck")).containsKeys("test", "interval", "retries");
        assertThat((String) redpanda.get("image")).matches("redpandadata/redpanda:v\\d+\\.\\d+\\.\\d+");
    }

    @Test
    void composeAcceptsTheFileAndFillsInTheDefaults() throws IOException, InterruptedException {
        // when
        Map<String, ?> environment = environmentOfTheProducer(Map.of());

        // then
        assertThat(environment.get("TOPIC")).hasToString("r023hf");
        assertThat(environment.get("MIN_VALUE")).hasToString("1");
        assertThat(environment.get("MAX_VALUE")).hasToString("1000");
        assertThat(environment.get("EVENTS_PER_SEC")).hasToString("2");
    }

    @Test
    void theEnvironmentOfTheHostGoesBeforeTheDefaults() throws IOException, InterruptedException {
        // when
        Map<String, ?> environment = environmentOfTheProducer(Map.of("TOPIC", "accounts", "EVENTS_PER_SEC", "500"));

        // then
        assertThat(environment.get("TOPIC")).hasToString("accounts");
        assertThat(environment.get("EVENTS_PER_SEC")).hasToString("500");
    }

    @Test
    void captureIsOnlyInTheProfileAndCanReachWhatItNeeds() throws IOException, InterruptedException {
        // when
        Map<String, ?> all = resolved(Map.of("POSTGRES_PASSWORD", "geheim"), "--profile", "postgres");

        // then
        assertThat(service(read(), "capture").get("profiles")).isEqualTo(List.of("postgres"));
        assertThat(service(read(), "postgres").get("profiles")).isEqualTo(List.of("postgres"));
        assertThat(map(all, "services")).containsOnlyKeys("redpanda", "producer", "postgres", "capture");
        Map<String, ?> capture = service(all, "capture");
        assertThat(map(capture, "environment").get("PGPASSWORD")).isEqualTo("geheim");
        assertThat(map(service(all, "postgres"), "environment").get("POSTGRES_PASSWORD"))
                .isEqualTo("geheim");
        assertThat(map(service(all, "postgres"), "environment").get("POSTGRES_DB"))
                .isEqualTo("shop");
        assertThat(map(capture, "environment").get("KAFKA_BROKER"))
                .isEqualTo(map(service(all, "producer"), "environment").get("KAFKA_BROKER"));
        assertThat(map(capture, "depends_on")).containsOnlyKeys("redpanda", "postgres");
        assertThat(service(all, "postgres").get("command")).isEqualTo(List.of("postgres", "-c", "wal_level=logical"));
    }

    @Test
    void captureIsStartedAsTheCommandUnderstands() throws IOException {
        // given
        Map<String, ?> capture = service(read(), "capture");
        List<String> words = words(capture, "entrypoint");

        // when
        ParseResult parsed = new CommandLine(new CaptureCommand(Terminal.ofProcess(Map.of()), Map.of()))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(words(capture, "command").toArray(String[]::new));

        // then
        assertThat(words.subList(words.size() - 2, words.size())).containsExactly("cdf.producer.Producer", "capture");
        assertThat(parsed.matchedOptionValue("--database", "")).isEqualTo("postgresql://postgres@postgres:5432/shop");
        assertThat(((CheckedCommand) parsed.commandSpec().userObject()).problems())
                .isEmpty();
        assertThat(Files.readString(Path.of("../postgres/tables.sql"))).contains("CREATE TABLE users", "PRIMARY KEY");
    }

    private static List<String> words(Map<String, ?> service, String name) {
        return ((List<?>) Objects.requireNonNull(service.get(name)))
                .stream().map(String::valueOf).toList();
    }

    private static Map<String, ?> environmentOfTheProducer(Map<String, String> host)
            throws IOException, InterruptedException {
        return map(service(resolved(host), "producer"), "environment");
    }

    /** What Compose makes of the file; it checks the file against its schema first. */
    private static Map<String, ?> resolved(Map<String, String> host, String... options)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(RequiredTool.find("version", "docker compose", "docker-compose"));
        command.addAll(List.of(options));
        command.addAll(List.of("-f", FILE.toString(), "config"));
        ProcessBuilder compose = new ProcessBuilder(command);
        EnvironmentDefaults.VARIABLES
                .values()
                .forEach(names -> compose.environment().keySet().removeAll(names));
        compose.environment().putAll(host);
        Path errors = Files.createTempFile("cdf-compose-", ".txt");
        try {
            Process process = compose.redirectError(errors.toFile()).start();
            String resolved = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(Files.readString(errors)).isZero();
            return new Yaml().load(resolved);
        } finally {
            Files.delete(errors);
        }
    }

    private static Map<String, ?> read() throws IOException {
        return new Yaml().load(Files.readString(FILE));
    }

    private static Map<String, ?> service(Map<String, ?> file, String name) {
        return map(map(file, "services"), name);
    }

    @SuppressWarnings("unchecked") // Whatever Compose calls a mapping has strings for keys.
    private static Map<String, ?> map(Map<String, ?> parent, String name) {
        assertThat(parent.get(name)).as(name).isInstanceOf(Map.class);
        return (Map<String, ?>) parent.get(name);
    }

    /** The addresses of an option of Redpanda's, by the listener's name. */
    private static Map<String, String> listeners(Map<String, ?> redpanda, String option) {
        List<?> command = (List<?>) redpanda.get("command");
        assertThat(command).isNotNull();
        String addresses = command.stream()
                .map(String::valueOf)
                .filter(word -> word.startsWith(option + "="))
                .findFirst()
                .orElseThrow()
                .substring(option.length() + 1);
        return Stream.of(addresses.split(","))
                .map(address -> address.split("://", 2))
                .collect(toMap(address -> address[0], address -> address[1]));
    }
}
