package cdf.dashboard;

import org.junit.jupiter.api.Test;
import org.opentest4j.TestAbortedException;

import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class BrowserTest {
    @Test
    void withoutABrowserTheTestIsSkipped() {
        assertThat(Browser.missing(Map.of(), "not installed: chromium")).isInstanceOf(TestAbortedException.class);
    }

    @Test
    void inCiItFailsInstead() {
        assertThatThrownBy(() -> Browser.missing(Map.of("CI", "true"), "not installed: chromium"))
                .isInstanceOf(AssertionError.class)
                .hasMessageContaining("not installed: chromium");
    }
}
