package cdf.broker;

import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** A listener with TLS and SCRAM, beside the plain one, through which its user is created. */
class SecuredListenerTest {
    private static final String KEY_STORE_PASSWORD = "for-the-test";

    private final Path temporary;
    private EmbeddedBroker broker;

    SecuredListenerTest(@TempDir Path temporary) {
        this.temporary = temporary;
    }

    @BeforeEach
    void startBrokerAndCreateUser() throws Exception {
        Path keyStore = createKeyStore();
        Map<String, String> secured = Map.of(
                "listeners", "SECURE://localhost:0",
                "listener.security.protocol.map", "SECURE:SASL_SSL",
                "sasl.enabled.mechanisms", "SCRAM-SHA-256",
                "listener.name.secure.scram-sha-256.sasl.jaas.config",
                        "org.apache.kafka.common.security.scram.ScramLoginModule required;",
                "listener.name.secure.ssl.keystore.location", keyStore.toString(),
                "listener.name.secure.ssl.keystore.password", KEY_STORE_PASSWORD);
        broker = EmbeddedBroker.start(new BrokerSettings(temporary.resolve("data"), 0, secured));
        try (Admin admin = new Clients(broker).admin()) {
            ScramCredentialInfo iterations = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
            admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion("ada", iterations, "right")))
                    .all()
                    .get();
        }
    }

    @AfterEach
    void closeBroker() {
        broker.close();
    }

    @Test
    void rightPasswordWrites() throws Exception {
        clientsWithPassword("right").send("users", "secret");

        assertThat(new Clients(broker).read("users", 1)).containsExactly("secret");
    }

    @Test
    void wrongPasswordIsRefused() {
        try (Admin admin = clientsWithPassword("wrong").admin()) {
            var cluster = admin.describeCluster().clusterId();

            assertThatThrownBy(cluster::get).hasCauseInstanceOf(SaslAuthenticationException.class);
        }
    }

    private Clients clientsWithPassword(String password) {
        Map<String, String> security = Map.of(
                "security.protocol",
                "SASL_SSL",
                "sasl.mechanism",
                "SCRAM-SHA-256",
                "sasl.jaas.config",
                "org.apache.kafka.common.security.scram.ScramLoginModule required username=\"ada\" password=\""
                        + password + "\";",
                "ssl.truststore.location",
                keyStore().toString(),
                "ssl.truststore.password",
                KEY_STORE_PASSWORD);
        return new Clients(broker.bootstrapServer("SECURE"), security);
    }

    private Path keyStore() {
        return temporary.resolve("localhost.p12");
    }

    private Path createKeyStore() throws Exception {
        Process keytool = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "keytool")
                                .toString(),
                        "-genkeypair",
                        "-keyalg",
                        "EC",
                        "-alias",
                        "broker",
                        "-dname",
                        "CN=localhost",
                        "-ext",
                        "SAN=dns:localhost",
                        "-storetype",
                        "PKCS12",
                        "-storepass",
                        KEY_STORE_PASSWORD,
                        "-keystore",
                        keyStore().toString())
                .redirectErrorStream(true)
                .start();
        String output = keytool.inputReader().lines().collect(Collectors.joining("\n"));
        assertThat(keytool.waitFor()).as(output).isZero();
        return keyStore();
    }
}
