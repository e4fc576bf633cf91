package cdf.cli;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class RequiredToolTest {
    @Test
    void findsTheFirstCommandThatIsInstalled() {
        assertThat(RequiredTool.find(Map.of(), "-version", "no-such-program", "java -Xshare:auto", "java"))
                .isEqualTo(List.of("java", "-Xshare:auto"));
    }

    @Test
    void skipsTheTestWhenNoneIsInstalled() {
        assertThatThrownBy(() -> RequiredTool.find(Map.of(), "-version", "no-such-program", "java --no-such-option"))
                .isInstanceOf(TestAbortedException.class)
                .hasMessageContaining("no-such-program or java --no-such-option");
    }

    @Test
    void failsTheTestInsteadInCi() {
        assertThatThrownBy(() -> RequiredTool.find(Map.of("CI", "true"), "-version", "no-such-program"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not installed: no-such-program");
    }
}
