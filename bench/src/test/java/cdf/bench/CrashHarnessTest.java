package cdf.bench;

import cdf.bench.CrashHarness.Outcome;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/** The short form of {@code bench/crash}. */
class CrashHarnessTest {
    @TempDir
    private Path directory;

    @Test
    void whoeverIsKilledTheTableIsWhatTheDatabaseHas() {
        Outcome outcome = new CrashHarness(directory, 20_261_124, progress -> {}).run(6);

        assertThat(outcome.equal()).as(outcome.verified()).isTrue();
        assertThat(outcome.verified()).contains("\"verified\":true").containsPattern("\"database\":\\{\"rows\":[1-9]");
        assertThat(outcome.transactions()).isPositive();
    }
}
