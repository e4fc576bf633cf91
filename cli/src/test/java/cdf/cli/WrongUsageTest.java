package cdf.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** What a user sees who asks for what cannot be. */
class WrongUsageTest {
    @TempDir
    private Path directory;

    @Test
    void anUnknownOptionIsToldTheNearestOne() {
        Run run = Run.of("watch", "--tpoic", "users");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("error: Unknown option").contains("did you mean --topic?");
        assertThat(run.out()).isEmpty();
    }

    @Test
    void anUnknownCommandIsToldTheNearestOne() {
        Run run = Run.of("genrate");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("did you mean generate?");
    }

    @Test
    void noCommandShowsWhichThereAre() {
        Run run = Run.of();

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("demo", "broker", "generate", "watch");
    }

    @Test
    void allProblemsAreReportedAtOnce() {
        Run run = Run.of(
                "generate",
                "--min-value=5",
                "--max-value=1",
                "--mix=0:0:0",
                "--events-per-second=-3",
                "--events=-1",
                "--rows=0",
                "--partitions=0",
                "--malformed=2",
                "--topic=a b",
                "--bootstrap-server=nowhere",
                "--ledger=" + directory.resolve("absent").resolve("ledger"));

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err().lines().filter(line -> line.startsWith("error: "))).hasSize(10);
        assertThat(run.err().lines().filter(line -> line.startsWith("hint: "))).hasSize(1);
    }

    @Test
    void whatCannotOrderChangesIsRefused() {
        Run path = Run.of("apply", "--table=t", "--sequence-by=after.version", "--schema=id STRING, _SEQUENCE INT");
        Run retention = Run.of("apply", "--table=t", "--tombstone-retention=7d");

        assertThat(path.exitCode()).isEqualTo(2);
        assertThat(path.err())
                .contains("error: --sequence-by: the field \"after\" of an event has no number that orders changes")
                .contains("error: --schema: with --sequence-by, the column _sequence is cdf's own");
        assertThat(retention.exitCode()).isEqualTo(2);
        assertThat(retention.err()).contains("error: --tombstone-retention: only with --sequence-by");
    }

    @Test
    void whatCannotBeOneTableOrSeveralIsReportedAtOnce() {
        for (String command : new String[] {"apply", "verify"}) {
            Run neither = Run.of(command);
            Run both = Run.of(command, "--table=t", "--tables=d", "--topic=a,,b", "--topic-prefix=p.");
            Run severalIntoOne = Run.of(command, "--table=t", "--topic=a,b");
            Run prefixOfOne = Run.in(Map.of("TOPIC", "a"), command, "--table=t", "--topic-prefix=p");

            assertThat(neither.exitCode()).isEqualTo(2);
            assertThat(neither.err()).contains("error: --table: name the table's directory, or with --tables");
            assertThat(both.exitCode()).isEqualTo(2);
            assertThat(both.err())
                    .contains("error: --table and --tables: give one of them")
                    .contains("error: --topic: '' is no topic name")
                    .contains("error: --topic-prefix: leave out the dot at its end")
                    .contains("error: --topic and --topic-prefix: give one of them");
            assertThat(severalIntoOne.exitCode()).isEqualTo(2);
            assertThat(severalIntoOne.err()).contains("error: --topic: 'a,b' are several: give --tables DIR");
            assertThat(prefixOfOne.exitCode()).isEqualTo(2);
            assertThat(prefixOfOne.err().lines().filter(line -> line.startsWith("error: ")))
                    .containsExactly("error: --topic-prefix: only with --tables");
        }
        Run ledger = Run.of("verify", "--tables=d", "--ledger=" + directory.resolve("ledger"));
        assertThat(ledger.err()).contains("error: --ledger: is of one table; only with --table");
    }

    @Test
    void valuesThatAreNoNumbersAreReportedAtOnce() {
        Run run = Run.of("generate", "--events=many", "--rows=few");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("'many'", "'few'");
    }

    @Test
    void aBadEnvironmentVariableIsNamed() {
        Run run = Run.in(Map.of("MIN_VALUE", "low"), "generate");

        assertThat(run.exitCode()).isEqualTo(2);
        assertThat(run.err()).contains("'low'").contains("MIN_VALUE");
    }

    @Test
    void anEnvironmentVariableThatIsBlankIsNotSet() {
        Run run =
                Run.in(Map.of("MIN_VALUE", "", "TOPIC", " "), "generate", "--bootstrap-server=localhost:1", "--rows=0");

        assertThat(run.err().lines().filter(line -> line.startsWith("error: "))).hasSize(1);
    }

    @Test
    void noBrokerIsSaidWithinTenSecondsWithItsAddress() {
        for (String command : new String[] {"generate", "watch"}) {
            long start = System.nanoTime();
            Run run = Run.of(command, "--bootstrap-server=localhost:1");

            assertThat(run.exitCode()).isEqualTo(4);
            assertThat(run.err())
                    .contains("error: no broker answers at localhost:1")
                    .contains("hint: ");
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(10));
        }
    }

    @Test
    void aHostThatDoesNotExistIsNoBroker() {
        Run run = Run.of("generate", "--bootstrap-server=no-such-host.invalid:9092");

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("no-such-host.invalid:9092");
    }

    @Test
    void theBrokersAddressComesFromFlagThenEnvironmentThenFileThenDefault() throws IOException {
        Path config = Files.writeString(directory.resolve("client.properties"), "bootstrap.servers=localhost:3\n");
        String file = "--command-config=" + config;
        Map<String, String> both = Map.of("CDF_BOOTSTRAP_SERVER", "localhost:2", "KAFKA_BROKER", "localhost:5");

        assertThat(Run.in(both, "generate", file, "--bootstrap-server=localhost:1")
                        .err())
                .contains("localhost:1\n");
        assertThat(Run.in(both, "generate", file).err()).contains("localhost:2\n");
        assertThat(Run.in(Map.of("KAFKA_BROKER", "localhost:5"), "generate", file)
                        .err())
                .contains("localhost:5\n");
        assertThat(Run.of("generate", file).err()).contains("localhost:3\n");
    }

    @Test
    void aTakenPortIsSaidWithItsNumber() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Run run = Run.of("broker", "--port=" + taken.getLocalPort(), "--data-dir=" + directory.resolve("data"));

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .contains("error: cannot listen on port " + taken.getLocalPort())
                    .contains("hint: ")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void aDirectoryOfSomethingElseIsLeftAlone() throws IOException {
        Path foreign = Files.createDirectory(directory.resolve("photos"));
        Files.writeString(foreign.resolve("photo"), "of a cat");

        Run run = Run.of("broker", "--port=0", "--data-dir=" + foreign);

        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(run.err()).contains("error: ").contains("hint: ").doesNotContain("\tat ");
        try (var files = Files.list(foreign)) {
            assertThat(files).hasSize(1);
        }
    }

    @Test
    void debugShowsWhereAnErrorComesFrom() {
        Run run = Run.of("generate", "--debug", "--bootstrap-server=localhost:1");

        assertThat(run.exitCode()).isEqualTo(4);
        assertThat(run.err()).contains("\tat cdf.");
    }
}
