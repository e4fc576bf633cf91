package cdf.kafka;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.config.ConfigException;
import org.apache.kafka.common.errors.InvalidPartitionsException;
import org.apache.kafka.common.errors.NetworkException;
import org.apache.kafka.common.errors.SaslAuthenticationException;
import org.apache.kafka.common.errors.TimeoutException;
import org.apache.kafka.common.errors.TopicAuthorizationException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.params.provider.Arguments.arguments;

class KafkaConnectionTest {
    private static final String JAAS = "org.apache.kafka.common.security.scram.ScramLoginModule required"
            + " username=\"ada\" password=\"hunter2\";";

    private final KafkaConnection connection = new KafkaConnection(
            "kafka.example:9092",
            Map.of(
                    "sasl.jaas.config", JAAS,
                    "ssl.truststore.password", "swordfish",
                    "ssl.truststore.location", "/etc/ssl/trust.p12"));

    @ParameterizedTest(name = "{0}")
    @MethodSource("failures")
    void failureIsExplainedWithItsKindAndItsHint(Throwable failure, ExitCode exitCode, String problem, String hint) {
        CdfException direct = connection.explain(failure);
        CdfException wrapped = connection.explain(new ExecutionException(new KafkaException(failure)));

        assertThat(direct.exitCode()).isEqualTo(exitCode);
        assertThat(direct.problem()).contains(problem);
        assertThat(direct.hint()).contains(hint);
        assertThat(direct).hasCause(failure);
        assertThat(wrapped.problem()).isEqualTo(direct.problem());
        assertThat(wrapped.exitCode()).isEqualTo(exitCode);
    }

    static Stream<Arguments> failures() {
        return Stream.of(
                arguments(
                        new TimeoutException("late"),
                        ExitCode.BROKER_UNREACHABLE,
                        "no broker answers at kafka.example:9092",
                        "--bootstrap-server"),
                arguments(
                        new NetworkException("gone"),
                        ExitCode.BROKER_UNREACHABLE,
                        "no broker answers at kafka.example:9092",
                        "--bootstrap-server"),
                arguments(
                        new SaslAuthenticationException("no"),
                        ExitCode.BROKER_UNREACHABLE,
                        "the broker at kafka.example:9092 refused the credentials: no",
                        "--command-config"),
                arguments(
                        new TopicAuthorizationException("not yours"),
                        ExitCode.FAILED,
                        "the broker at kafka.example:9092 does not allow this: not yours",
                        "access rights"),
                arguments(
                        new ConfigException("acks", "some", "none such"),
                        ExitCode.WRONG_USAGE,
                        "acks",
                        "--command-config"),
                arguments(
                        new ConfigException("No resolvable bootstrap urls given in bootstrap.servers"),
                        ExitCode.BROKER_UNREACHABLE,
                        "kafka.example:9092",
                        "--bootstrap-server"),
                arguments(
                        new UnknownTopicOrPartitionException("which"),
                        ExitCode.FAILED,
                        "the topic is gone from kafka.example:9092",
                        "--topic"),
                arguments(
                        new InvalidPartitionsException("too many"),
                        ExitCode.FAILED,
                        "Kafka at kafka.example:9092: InvalidPartitionsException: too many",
                        "--debug"));
    }

    @Test
    void explainedFailureStaysAsItIs() {
        CdfException known = new CdfException(ExitCode.DIFFERENCE_FOUND, "what", "how");

        assertThat(connection.explain(new ExecutionException(known))).isSameAs(known);
    }

    @Test
    void noSecretIsInAMessage() {
        for (String quoted : new String[] {JAAS, "hunter2", "swordfish"}) {
            String message = connection
                    .explain(new KafkaException("bad: " + quoted + "."))
                    .problem();

            assertThat(message).endsWith("bad: [hidden].");
        }
    }

    @Test
    void pathOfAFileIsNoSecret() {
        assertThat(connection
                        .explain(new KafkaException("no /etc/ssl/trust.p12"))
                        .problem())
                .endsWith("no /etc/ssl/trust.p12");
    }

    @Test
    void textOfAConnectionIsItsAddressAlone() {
        assertThat(connection).hasToString("kafka.example:9092");
    }

    @Test
    void userSettingGoesBeforeOursAndTheAddressBeforeBoth() {
        KafkaConnection user =
                new KafkaConnection("a:1", Map.of("acks", "1", "bootstrap.servers", "b:2", "client.id", "me"));

        assertThat(user.clientProperties(Map.of("acks", "all", "linger.ms", "5")))
                .isEqualTo(Map.of("acks", "1", "linger.ms", "5", "client.id", "me", "bootstrap.servers", "a:1"));
    }

    @Test
    void settingThatKafkaDoesNotTakeIsWrongUsageAndNamed() {
        assertThat(openFails("acks", "some"))
                .satisfies(failure -> assertThat(failure.problem()).contains("acks", "some"));
        assertThat(openFails("security.protocol", "SSH"))
                .satisfies(failure -> assertThat(failure.problem()).contains("security.protocol", "SSH"));
    }

    @Test
    void missingTrustStoreIsWrongUsageAndNamed() {
        KafkaConnection tls = new KafkaConnection(
                "localhost:1", Map.of("security.protocol", "SSL", "ssl.truststore.location", "/no/such/trust.p12"));

        CdfException failure = catchThrowableOfType(CdfException.class, () -> Topics.connect(tls));

        assertThat(failure.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
        assertThat(failure.problem()).contains("/no/such/trust.p12");
    }

    @Test
    void malformedLoginModuleIsWrongUsageAndNotQuoted() {
        KafkaConnection sasl = new KafkaConnection(
                "localhost:1",
                Map.of(
                        "security.protocol", "SASL_PLAINTEXT",
                        "sasl.mechanism", "SCRAM-SHA-256",
                        "sasl.jaas.config", JAAS.replace(";", "")));

        assertThatThrownBy(() -> Publisher.open(sasl, "users", Duration.ZERO))
                .isInstanceOfSatisfying(CdfException.class, failure -> {
                    assertThat(failure.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
                    assertThat(failure.problem())
                            .startsWith("Kafka does not accept a setting")
                            .contains("JAAS");
                })
                .satisfies(failure -> assertThat(failure).hasStackTraceContaining("JAAS"))
                .satisfies(KafkaConnectionTest::assertHidden);
    }

    private static void assertHidden(Throwable failure) {
        for (Throwable next = failure; next != null; next = next.getCause()) {
            assertThat(next.toString()).doesNotContain("hunter2");
        }
    }

    private static CdfException openFails(String name, String value) {
        KafkaConnection connection = new KafkaConnection("localhost:1", Map.of(name, value));
        CdfException failure =
                catchThrowableOfType(CdfException.class, () -> Publisher.open(connection, "users", Duration.ZERO)
                        .close());
        assertThat(failure.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
        return failure;
    }
}
