package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.StringSerializer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

import static org.assertj.core.api.Assertions.assertThat;

/** {@code cdf apply} and {@code cdf verify} with several tables. */
class TablesCommandTest {
    private static final Duration PATIENCE = Duration.ofMinutes(3);

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
    void aPoisonedTopicStopsItsTableAndTheOthersAreRight() throws Exception {
        generate("shop.public.users", 500);
        generate("shop.public.orders", 300);
        generate("shop.public.items", 100);
        Run before = applyOnce("shop");
        assertThat(before.exitCode()).as(before.err()).isZero();
        generate("shop.public.users", 50);
        // A key in two partitions: the order of its changes is not known.
        send("shop.public.orders", 0, "astray");
        send("shop.public.orders", 1, "astray");

        Run apply = applyOnce("shop");
        Run verify = Run.of(arguments("verify", "shop", "-o", "json"));

        assertThat(apply.exitCode()).as(apply.err()).isEqualTo(1);
        assertThat(apply.err())
                .contains("cdf: the table " + table("shop", "public.orders")
                        + " of the topic shop.public.orders has stopped: the key astray changed in partition ")
                .contains("error: 1 of 3 tables stopped: " + table("shop", "public.orders"));
        assertThat(apply.lastLine())
                .startsWith("{\"tables\":[{\"topic\":\"shop.public.items\",\"table\":\"" + table("shop", "public.items")
                        + "\",\"read\":0,")
                .contains("\"topic\":\"shop.public.orders\"")
                .contains("\"failed\":\"the key astray changed in partition ")
                .endsWith("}")
                .containsPattern("],\"read\":50,\"applied\":\\d+,.*\"failedTables\":1,\"seconds\":");
        assertThat(apply.lastLine().split("\"failed\":null", -1)).hasSize(3);
        // The table that stopped is right, too, as far as it goes: 500 + 50, 300 and 100 events are in the tables.
        assertThat(verify.exitCode()).as(verify.out() + verify.err()).isZero();
        assertThat(verify.lastLine())
                .contains("],\"verified\":true,\"differences\":0,")
                .contains("\"events\":950,");
    }

    @Test
    void aTopicThatAppearsLaterIsTakenUpAndARestartGoesOn() throws Exception {
        generate("later.a", 100);
        List<String> output = new ArrayList<>();
        Process apply = Run.process(arguments("apply", "later", "--trigger=100ms", "--dashboard-port=0", "-o", "json"));
        try (var lines = apply.inputReader(StandardCharsets.UTF_8)) {
            awaitEvents("later", 100, apply);
            generate("later.b", 200);
            awaitEvents("later", 300, apply);
            output.add(lines.readLine());
            awaitPage(output.get(0), "later.b", "\"read\":200,");
            awaitPage(output.get(0), "later.a", "\"tables\":[{\"topic\":\"later.a\",\"state\":");
            interrupt(apply);
            lines.lines().forEach(output::add);
        } finally {
            apply.destroy();
        }
        assertThat(apply.waitFor(1, TimeUnit.MINUTES)).isTrue();
        generate("later.b", 50);

        Run restarted = applyOnce("later");

        assertThat(apply.exitValue()).as(String.join("\n", output)).isEqualTo(130);
        assertThat(output.get(output.size() - 1))
                .contains("\"topic\":\"later.a\"", "\"topic\":\"later.b\"")
                .containsPattern("],\"read\":300,.*\"failedTables\":0,");
        assertThat(output).noneMatch(line -> line.startsWith("\tat "));
        assertThat(restarted.exitCode()).as(restarted.err()).isZero();
        assertThat(restarted.lastLine()).contains("],\"read\":50,");
        assertThat(Run.of(arguments("verify", "later")).out())
                .contains(table("later", "a") + ": verified: ")
                .contains("2 tables: 2 verified, 0 not equal, 0 not compared");
    }

    @Test
    void twentyTablesFitInOneRun() {
        for (int table = 0; table < 20; table++) {
            generate("many.t" + table, 50);
        }

        Run apply = applyOnce("many");

        assertThat(apply.exitCode()).as(apply.err()).isZero();
        assertThat(apply.lastLine()).contains("],\"read\":1000,");
        Run verify = Run.of(arguments("verify", "many", "-o", "json"));
        assertThat(verify.exitCode()).as(verify.out() + verify.err()).isZero();
        assertThat(verify.lastLine()).contains("],\"verified\":true,").contains("\"events\":1000,");
    }

    @Test
    void aTableThatIsMissingKeepsNoOtherFromBeingVerified() {
        generate("partly", 50);
        String applied = "--topic=partly";
        Run apply = run("apply", applied, "--tables=" + directory.resolve("partly"), "--once");
        assertThat(apply.exitCode()).as(apply.err()).isZero();
        assertThat(apply.out()).startsWith(table("partly", "partly") + ": read 50 events: ");

        Run verify = run("verify", "--topic=partly,absent", "--tables=" + directory.resolve("partly"), "-o", "text");

        assertThat(verify.exitCode()).isEqualTo(1);
        assertThat(verify.out())
                .contains(table("partly", "absent") + ": NOT COMPARED: there is no Delta table in")
                .contains(table("partly", "partly") + ": verified: ")
                .endsWith("2 tables: 1 verified, 0 not equal, 1 not compared\n");
    }

    private static String table(String prefix, String name) {
        return directory.resolve(prefix) + "/" + name;
    }

    private static Run applyOnce(String prefix) {
        return Run.of(arguments("apply", prefix, "--once", "-o", "json"));
    }

    private static String[] arguments(String command, String prefix, String... options) {
        List<String> all = new ArrayList<>(List.of(
                command,
                "--bootstrap-server=" + broker.bootstrapServer(),
                "--topic-prefix=" + prefix,
                "--tables=" + directory.resolve(prefix)));
        all.addAll(List.of(options));
        return all.toArray(String[]::new);
    }

    private static Run run(String command, String... options) {
        List<String> all = new ArrayList<>(List.of(command, "--bootstrap-server=" + broker.bootstrapServer()));
        all.addAll(List.of(options));
        return Run.of(all.toArray(String[]::new));
    }

    private static void generate(String topic, int events) {
        Run run = run("generate", "--topic=" + topic, "--events=" + events, "--events-per-second=0", "--partitions=2");
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    private static void send(String topic, int partition, String id) throws Exception {
        try (var producer = new KafkaProducer<>(
                Map.of("bootstrap.servers", broker.bootstrapServer()),
                new StringSerializer(),
                new StringSerializer())) {
            String event = "{\"op\":\"u\",\"after\":{\"id\":\"" + id + "\",\"name\":\"N\",\"balance\":1}}";
            producer.send(new ProducerRecord<>(topic, partition, id, event)).get();
        }
    }

    /** Waits until so many events are in the tables, as verification finds them. */
    private static void awaitEvents(String prefix, int events, Process apply) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        Run verify;
        do {
            assertThat(apply.isAlive()).isTrue();
            assertThat(System.nanoTime()).as(events + " events").isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(200).toNanos());
            verify = Run.of(arguments("verify", prefix, "-o", "json"));
        } while (!verify.out().contains("\"events\":" + events + ",\"failedTables\":0"));
    }

    /** Waits until the page, whose address a line tells, says something of the table of a topic. */
    private static void awaitPage(String notice, String topic, String what) throws Exception {
        URI status = URI.create(notice.replaceFirst(".*(http://\\S+)", "$1api/status?table=" + topic));
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        String told;
        do {
            told = HttpClient.newHttpClient()
                    .send(HttpRequest.newBuilder(status).build(), HttpResponse.BodyHandlers.ofString())
                    .body();
            assertThat(System.nanoTime()).as(what + " in " + told).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        } while (!told.contains(what));
    }

    private static void interrupt(Process process) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-INT", Long.toString(process.pid()))
                        .inheritIO()
                        .start()
                        .waitFor())
                .isZero();
    }
}
