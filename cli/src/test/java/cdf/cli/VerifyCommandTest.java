package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.lake.LocalSpark;
import org.apache.spark.sql.Row;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code cdf verify} as a user runs it. */
class VerifyCommandTest {
    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @Test
    void aTopicWithEveryFaultGivesATableThatIsVerified() {
        Path ledger = directory.resolve("ledger");
        run(
                "generate",
                "faults",
                "--events=2000",
                "--events-per-second=0",
                "--rows=100",
                "--malformed=0.02",
                "--duplicates=0.05",
                "--late-duplicates=0.05",
                "--deletes-without-before=0.2",
                "--updates-without-before=0.2",
                "--extra-fields=0.1",
                "--unusual-keys=0.2",
                "--skew=0.9",
                "--tombstones",
                "--ledger=" + ledger);
        apply("faults");

        Run verified = verify("faults", "--feed", "--ledger=" + ledger, "-o", "json");

        assertThat(verified.exitCode()).as(verified.err()).isZero();
        assertThat(verified.lastLine())
                .contains("\"verified\":true")
                .contains("\"differences\":0")
                .contains("\"ledger\":{")
                .containsPattern("\"explained\":[1-9]")
                .containsPattern("\"feedChanges\":[1-9]");
    }

    @Test
    void aRowThatWasChangedByHandIsNamed() {
        run("generate", "changed", "--events=100", "--events-per-second=0");
        apply("changed");
        Run right = verify("changed");
        String id;
        try (LocalSpark spark = LocalSpark.startWithDelta()) {
            Row row = spark.session()
                    .sql("SELECT min(id) FROM delta.`" + table("changed") + "`")
                    .first();
            id = row.getString(0);
            List<Row> unused = spark.session()
                    .sql("UPDATE delta.`" + table("changed") + "` SET balance = -1 WHERE id = '" + id + "'")
                    .collectAsList();
        }

        Run wrong = verify("changed");

        assertThat(right.exitCode()).as(right.err()).isZero();
        assertThat(right.lines().get(0)).startsWith("verified: the table is what the topic adds up to");
        assertThat(wrong.exitCode()).as(wrong.err()).isEqualTo(3);
        assertThat(wrong.lines().get(0)).startsWith("NOT EQUAL: 1 difference;");
        assertThat(wrong.lines())
                .contains("  different {\"id\":\"" + id + "\"}")
                .anyMatch(line -> line.startsWith("    table: ") && line.contains("\"balance\":-1"));
    }

    @Test
    void whatCannotBeVerifiedIsSaid() {
        assertThat(Run.of("verify", "--bootstrap-server=localhost:1", "--table=" + table("none"))
                        .exitCode())
                .isEqualTo(4);
        Run noTable = verify("none");
        assertThat(noTable.exitCode()).isEqualTo(1);
        assertThat(noTable.err()).contains("there is no Delta table in").contains("hint:");
    }

    private static Path table(String topic) {
        return directory.resolve(topic);
    }

    private static void apply(String topic) {
        run("apply", topic, "--once", "--table=" + table(topic));
    }

    private static Run verify(String topic, String... options) {
        List<String> all = new ArrayList<>(List.of(options));
        all.add("--table=" + table(topic));
        return Run.of(arguments("verify", topic, all));
    }

    private static void run(String command, String topic, String... options) {
        Run run = Run.of(arguments(command, topic, List.of(options)));
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    private static String[] arguments(String command, String topic, List<String> options) {
        List<String> all =
                new ArrayList<>(List.of(command, "--bootstrap-server=" + broker.bootstrapServer(), "--topic=" + topic));
        all.addAll(options);
        return all.toArray(String[]::new);
    }
}
