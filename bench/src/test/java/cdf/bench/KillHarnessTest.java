package cdf.bench;

import cdf.bench.KillHarness.Kill;
import cdf.lake.ApplyStep;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

import static org.assertj.core.api.Assertions.assertThat;

/** The short form of {@code bench/kill}. */
class KillHarnessTest {
    private static final int RANDOM_KILLS = 2;

    @Test
    void processThatIsKilledAtAnyPointLosesAndDoublesNothing(@TempDir Path directory) {
        long seed = new SplittableRandom().nextInt(Integer.MAX_VALUE);
        SplittableRandom random = new SplittableRandom(seed);
        List<Kill> kills = new ArrayList<>();
        for (ApplyStep step : KillHarness.STEPS) {
            kills.add(new Kill.At(step));
        }
        for (int kill = 0; kill < RANDOM_KILLS; kill++) {
            kills.add(Kill.any(random));
        }

        KillHarness.Outcome outcome = new KillHarness(directory, seed, line -> {}).run(kills);

        assertThat(outcome.proof().differences()).as("seed " + seed).isEmpty();
        assertThat(outcome.proof().rows()).isPositive();
        assertThat(outcome.proof().deadLetters()).isPositive();
        assertThat(outcome.proof().compactions()).isPositive();
    }
}
