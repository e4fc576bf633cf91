package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** TLS and SASL/SCRAM-SHA-256 through --command-config, as a user gives it. */
class SecuredBrokerTest {
    private static final String RIGHT = "pa55-of-ada";
    private static final String WRONG = "pa55-of-eve";

    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() throws Exception {
        Path keyStore = directory.resolve("localhost.p12");
        String keytool =
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
        Process generating = new ProcessBuilder(
                        (keytool + " -genkeypair -keyalg EC -alias broker -dname CN=localhost -ext SAN=dns:localhost"
                                        + " -storetype PKCS12 -storepass changeit -keystore " + keyStore)
                                .split(" "))
                .inheritIO()
                .start();
        assertThat(generating.waitFor()).isZero();
        broker = EmbeddedBroker.start(new BrokerSettings(
                directory.resolve("data"),
                0,
                Map.of(
                        "listeners", "SECURE://localhost:0",
                        "listener.security.protocol.map", "SECURE:SASL_SSL",
                        "sasl.enabled.mechanisms", "SCRAM-SHA-256",
                        "listener.name.secure.scram-sha-256.sasl.jaas.config",
                                "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                        "listener.name.secure.ssl.keystore.location", keyStore.toString(),
                        "listener.name.secure.ssl.keystore.password", "changeit")));
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServer()))) {
            ScramCredentialInfo iterations = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("ada", iterations, RIGHT)))
                    .all()
                    .get();
        }
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @Test
    void generateAndWatchWorkWithTheRightPassword() throws Exception {
        Path config = clientConfig(RIGHT);

        Run generated = Run.of(
                "generate",
                "--bootstrap-server=" + broker.bootstrapServer("SECURE"),
                "--command-config=" + config,
                "--events=50",
                "--events-per-second=0",
                "-o",
                "json");
        Run watched = Run.of(
                "watch",
                "--bootstrap-server=" + broker.bootstrapServer("SECURE"),
                "--command-config=" + config,
                "--from=earliest",
                "--max-events=50",
                "-o",
                "json");

        assertThat(generated.exitCode()).as(generated.err()).isZero();
        assertThat(generated.lastLine()).contains("\"acknowledged\":50");
        assertThat(watched.exitCode()).as(watched.err()).isZero();
        assertThat(watched.lastLine()).contains("\"shown\":50");
    }

    @ParameterizedTest
    @ValueSource(strings = {"generate", "watch"})
    void theWrongPasswordIsRefusedAndShownNowhere(String command) throws Exception {
        Process process = Run.process(
                command,
                "--bootstrap-server=" + broker.bootstrapServer("SECURE"),
                "--command-config=" + clientConfig(WRONG),
                "--verbose",
                "--debug");
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor()).as(output).isEqualTo(4);
        assertThat(output)
                .contains("AdminClientConfig values") // the log is on
                .contains("error: ")
                .contains("refused the credentials")
                .doesNotContain(WRONG);
    }

    private static Path clientConfig(String password) throws Exception {
        return Files.writeString(directory.resolve(password + ".properties"), """
                security.protocol=SASL_SSL
                sasl.mechanism=SCRAM-SHA-256
                sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required \\
                  username="ada" password="%s";
                ssl.truststore.location=%s
                ssl.truststore.password=changeit
                """.formatted(
                        password, directory.resolve("localhost.p12")));
    }
}
