package cdf.broker;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.file.Path;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class BrokerSettingsTest {
    private static final Path DATA = Path.of("data");

    @ParameterizedTest
    @ValueSource(ints = {-1, 65_536})
    void portThatDoesNotExistIsWrongUsage(int port) {
        assertThat(refusalOf(DATA, port, Map.of()).problem()).contains("port " + port);
    }

    @Test
    void pathWithACommaIsWrongUsageBecauseKafkaReadsTwo() {
        assertThat(refusalOf(Path.of("a,b"), 0, Map.of()).problem()).contains("comma");
    }

    @ParameterizedTest
    @ValueSource(strings = {"node.id", "log.dirs", "process.roles"})
    void propertyThatMakesTheNodeWhatItIsCannotBeOverridden(String name) {
        assertThat(refusalOf(DATA, 0, Map.of(name, "2")).problem()).contains(name);
    }

    @Test
    void dataDirectoryIsMadeAbsolute() {
        assertThat(new BrokerSettings(DATA, 0, Map.of()).dataDirectory()).isEqualTo(DATA.toAbsolutePath());
    }

    private static CdfException refusalOf(Path data, int port, Map<String, String> properties) {
        CdfException refusal =
                catchThrowableOfType(CdfException.class, () -> new BrokerSettings(data, port, properties));
        assertThat(refusal.exitCode()).isEqualTo(ExitCode.WRONG_USAGE);
        return refusal;
    }
}
