package cdf.bench;

import cdf.bench.CrashHarness.Outcome;
import cdf.bench.CrashHarness.Trial;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** The short form of {@code bench/crash}. */
class CrashHarnessTest {
    @TempDir
    private Path directory;

    @Test
    void whoeverIsKilledTheTableIsWhatTheDatabaseHas() {
        Outcome outcome =
                new CrashHarness(directory, new Trial(6, 20_261_124, 20_000, Optional.empty()), progress -> {}).run();

        assertThat(outcome.equal()).as(outcome.verified()).isTrue();
        assertThat(outcome.verified())
                .contains("\"verified\":true")
                .containsPattern("\"database\":\\{\"rows\":20[0-9]{3},");
        assertThat(outcome.transactions()).isPositive();
    }
}
