package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** The commands together, as a user runs them. */
class PipelineTest {
    @TempDir
    private static Path directory;

    private static EmbeddedBroker broker;

    @BeforeAll
    static void startBroker() {
        broker = EmbeddedBroker.start(new BrokerSettings(directory, 0, Map.of()));
    }

    @AfterAll
    static void closeBroker() {
        broker.close();
    }

    @Test
    void demoShowsEveryEventItGenerates() {
        Run run = Run.of("demo", "--events", "2000", "--events-per-second", "0", "--no-dashboard", "-o", "json");

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.lastLine()).contains("\"generated\":2000,").contains("\"shown\":2000");
        assertThat(run.lines()).hasSize(2001);
    }

    @Test
    void interruptedDemoEndsWithItsSummary() throws Exception {
        Process demo = Run.process("demo", "--events-per-second", "50");
        List<String> output = new ArrayList<>();
        try (BufferedReader lines = demo.inputReader(StandardCharsets.UTF_8)) {
            String line;
            boolean interrupted = false;
            while ((line = lines.readLine()) != null) {
                output.add(line);
                if (!interrupted && line.contains("  create  ")) {
                    interrupted = true;
                    interrupt(demo);
                }
            }
        }

        assertThat(demo.waitFor(1, TimeUnit.MINUTES)).isTrue();
        assertThat(demo.exitValue()).as(String.join("\n", output)).isEqualTo(130);
        assertThat(output).anyMatch(line -> line.startsWith("generated "));
        assertThat(output).anyMatch(line -> line.startsWith("shown "));
        assertThat(output).noneMatch(line -> line.startsWith("\tat "));
    }

    @Test
    void watchEndsAfterSoManyRecordsWithItsSummary() {
        generate("limited", "--events=20");

        Run run = watch("limited", 5);

        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.lines()).hasSize(6);
        assertThat(run.lastLine()).contains("\"shown\":5");
    }

    /** The same seed gives the same changes, with the same log positions, once more. */
    @Test
    void eventsThatAreSentAgainChangeNothingInATableInTheOrderOfTheirSequence() {
        String table = directory.resolve("by-sequence").toString();
        String[] changes = {"--events=60", "--format=debezium", "--mix=2:1:1", "--rows=10", "--seed=4"};
        generate("by-sequence", changes);
        Run first = applyBySequence(table);
        Run rows = Run.of("table", table, "-o", "json");
        generate("by-sequence", changes);

        Run second = applyBySequence(table);

        assertThat(first.exitCode()).as(first.err()).isZero();
        assertThat(second.lastLine()).contains("\"read\":60").contains("\"applied\":0,");
        assertThat(rows.lines()).isNotEmpty().allMatch(line -> line.matches("\\{\"id\":.*,\"_sequence\":\\d+}"));
        assertThat(Run.of("table", table, "-o", "json").lines()).containsExactlyInAnyOrderElementsOf(rows.lines());
        Run feed = Run.of("feed", table, "-o", "json");
        assertThat(feed.exitCode()).as(feed.err()).isZero();
        assertThat(feed.lines())
                .hasSizeGreaterThanOrEqualTo(rows.lines().size())
                .allMatch(line -> line.contains("_sequence"));
        Run inOrderOfTheTopic = Run.of(
                "apply",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=by-sequence",
                "--table=" + table,
                "--once");
        assertThat(inOrderOfTheTopic.exitCode()).isEqualTo(1);
        assertThat(inOrderOfTheTopic.err()).contains("give --sequence-by source.lsn, or another directory");
    }

    private static Run applyBySequence(String table) {
        return Run.of(
                "apply",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=by-sequence",
                "--table=" + table,
                "--once",
                "--sequence-by=source.lsn",
                "-o",
                "json");
    }

    @Test
    void kcatReadsWhatGenerateWrote() throws Exception {
        String kcat = RequiredTool.find("-V", "kcat").get(0);
        generate("for-kcat", "--events=30", "--tombstones", "--mix=1:0:1", "--rows=5", "--seed=4");

        String read =
                output(kcat, "-C", "-b", broker.bootstrapServer(), "-t", "for-kcat", "-e", "-q", "-f", "%k|%s\\n");

        assertThat(read.lines().filter(line -> line.matches("[0-9a-f-]{36}\\|\\{\"op\":\"[cd]\".*\\}")))
                .hasSize(30);
        assertThat(read.lines().filter(line -> line.endsWith("|"))).hasSizeGreaterThan(0);
    }

    @Test
    void watchShowsWhatKcatWrote() throws Exception {
        String kcat = RequiredTool.find("-V", "kcat").get(0);
        Process writing = new ProcessBuilder(
                        kcat, "-P", "-b", broker.bootstrapServer(), "-t", "from-kcat", "-p", "0", "-K", "|")
                .inheritIO()
                .redirectInput(ProcessBuilder.Redirect.PIPE)
                .start();
        try (var input = writing.outputWriter(StandardCharsets.UTF_8)) {
            input.write("k1|{\"op\":\"c\",\"ts_ms\":5,\"before\":null,\"after\":{\"id\":\"k1\",\"city\":\"Łódź\"}}\n");
            input.write("k2|not an event\n");
        }
        assertThat(writing.waitFor()).isZero();

        Run run = watch("from-kcat", 2);

        assertThat(run.lines().get(0))
                .isEqualTo(
                        "{\"topic\":\"from-kcat\",\"partition\":0,\"offset\":0,\"key\":\"k1\",\"op\":\"c\",\"ts_ms\":5,"
                                + "\"before\":null,\"after\":{\"id\":\"k1\",\"city\":\"Łódź\"}}");
        assertThat(run.lines().get(1)).contains("\"offset\":1,\"key\":\"k2\",\"rejected\":\"not JSON");
        assertThat(run.lastLine()).contains("\"shown\":2,\"rejected\":1");
    }

    private static void generate(String topic, String... options) {
        List<String> arguments = new ArrayList<>(List.of(
                "generate",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + topic,
                "--events-per-second=0"));
        arguments.addAll(List.of(options));
        Run run = Run.of(arguments.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    private static Run watch(String topic, int records) {
        return Run.of(
                "watch",
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic=" + topic,
                "--from=earliest",
                "--max-events=" + records,
                "--output=json");
    }

    private static String output(String program, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(program));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isZero();
        return output;
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }
}
