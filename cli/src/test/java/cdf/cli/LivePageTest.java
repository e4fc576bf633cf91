package cdf.cli;

import cdf.broker.BrokerSettings;
import cdf.broker.EmbeddedBroker;
import cdf.dashboard.DashboardSettings;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The live page of a real pipeline. */
class LivePageTest {
    private static final Pattern ADDRESS = Pattern.compile("the live page is at (http://\\S+)");

    @TempDir
    private static Path profile;

    @TempDir
    private static Path directory;

    @Test
    void numbersOnThePageAreThoseOfTheSummary() throws Exception {
        RequiredTool.find("--version", "chromium");
        RequiredTool.find("--version", "chromedriver");
        Process demo =
                Run.process("demo", "--events=2000", "--events-per-second=400", "--dashboard-port=0", "--output=json");
        List<String> output = new ArrayList<>();
        ChromeDriver browser = startBrowser();
        try (BufferedReader lines = demo.inputReader(StandardCharsets.UTF_8)) {
            String line;
            while ((line = lines.readLine()) != null) {
                output.add(line);
                Matcher address = ADDRESS.matcher(line);
                if (address.find()) {
                    browser.get(address.group(1));
                }
            }
            assertThat(demo.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(demo.exitValue()).as(String.join("\n", output)).isZero();
            String summary = output.get(output.size() - 1);

            for (String field :
                    new String[] {"read", "applied", "superseded", "ignored", "deadLettered", "rows", "tableVersion"}) {
                assertThat(figure(browser, field)).as(field).isEqualTo(number(summary, field));
            }
            assertThat(figure(browser, "topicEvents")).isEqualTo(number(summary, "generated"));
            assertThat(figure(browser, "create")).isEqualTo(number(summary, "created"));
            assertThat(figure(browser, "update")).isEqualTo(number(summary, "updated"));
            assertThat(figure(browser, "delete")).isEqualTo(number(summary, "deleted"));
            assertThat(figure(browser, "received")).isEqualTo(number(summary, "shown"));
            assertThat(browser.findElement(By.id("health-text")).getText()).startsWith("Ended");
        } finally {
            browser.quit();
            demo.destroy();
        }
    }

    @Test
    void applyLooksIntoTheTopicForWhatItsPageShows() throws Exception {
        EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(directory.resolve("broker"), 0, Map.of()));
        String server = "--bootstrap-server=" + broker.bootstrapServer();
        Process apply = Run.process(
                "apply", server, "--table=" + directory.resolve("users"), "--dashboard-port=0", "--trigger=100ms");
        try (BufferedReader lines = apply.inputReader(StandardCharsets.UTF_8)) {
            String page = address(lines);
            awaitStatus(page, "\"state\":\"topic-missing\"");
            Run generated = Run.of("generate", server, "--events=900", "--events-per-second=300", "--malformed=0.05");
            assertThat(generated.exitCode()).as(generated.err()).isZero();

            Predicate<String> applied = Pattern.compile(
                            "\"topicEvents\":\\d{3,}.*\"lagEvents\":0,\"lagMillis\":0,\"read\":\\d{3,}")
                    .asPredicate();
            // The topic is looked into apart from apply, which may be the first to be at its end.
            String status = awaitStatus(
                    page,
                    applied.and(now -> count(now, "seen") + count(now, "skipped") == count(now, "read")),
                    "all is applied and looked at");

            long read = count(status, "read");
            assertThat(read).isGreaterThan(900).isEqualTo(count(status, "topicEvents"));
            assertThat(count(status, "deadLettered")).isEqualTo(read - 900);
            assertThat(count(status, "seen")).isGreaterThan(0);
            assertThat(status).contains("\"reasons\":[{\"reason\":\"");

            broker.close();
            awaitStatus(page, "\"state\":\"broker-away\"");
        } finally {
            broker.close();
            apply.destroy();
            assertThat(apply.waitFor(1, TimeUnit.MINUTES)).isTrue();
        }
    }

    @Test
    void thePageSaysWhatIsWrongUntilTheBrokerAndApplyAreBack() throws Exception {
        RequiredTool.find("--version", "chromium");
        RequiredTool.find("--version", "chromedriver");
        Path data = directory.resolve("survived-broker");
        String table = directory.resolve("survived").toString();
        EmbeddedBroker broker = EmbeddedBroker.start(new BrokerSettings(data, 0, Map.of()));
        String server = broker.bootstrapServer();
        int brokerPort = Integer.parseInt(server.substring(server.lastIndexOf(':') + 1));
        Process apply = apply(server, table, 0);
        ChromeDriver browser = startBrowser();
        try {
            String page = address(apply.inputReader(StandardCharsets.UTF_8));
            browser.get(page);
            awaitText(browser, "health-text", "Waiting: the topic r023hf does not exist yet");
            generate(server, 200);
            awaitFigure(browser, "read", "200");
            awaitText(browser, "health-text", "(Healthy|Idle): .*");

            broker.close();
            awaitText(browser, "health-text", "Broker away: none answers at " + server);
            awaitText(browser, "health-since", "since \\d\\d:\\d\\d:\\d\\d, .*");
            awaitText(browser, "health-advice", "See that it runs .* Nothing is lost; .*");
            broker = EmbeddedBroker.start(new BrokerSettings(data, brokerPort, Map.of()));
            generate(server, 100);
            awaitFigure(browser, "read", "300");
            awaitText(browser, "health-text", "(Healthy|Idle): .*");
            awaitText(browser, "connection", "live");

            apply.destroy();
            awaitText(browser, "stale", "Stale since \\d\\d:\\d\\d:\\d\\d: this page has lost cdf.*");
            awaitText(browser, "connection", "stale");
            assertThat(apply.waitFor(1, TimeUnit.MINUTES)).isTrue();
            apply = apply(server, table, URI.create(page).getPort());
            assertThat(address(apply.inputReader(StandardCharsets.UTF_8))).isEqualTo(page);
            awaitText(browser, "connection", "live");
            generate(server, 50);
            awaitFigure(browser, "read", "50");
            awaitText(browser, "health-text", "(Healthy|Idle): .*");
            assertThat(browser.findElement(By.id("stale")).isDisplayed()).isFalse();
            assertThat(figure(browser, "rows"))
                    .isEqualTo(Integer.toString(
                            Run.of("table", table, "-o", "json").lines().size()));
        } finally {
            browser.quit();
            apply.destroy();
            assertThat(apply.waitFor(1, TimeUnit.MINUTES)).isTrue();
            broker.close();
        }
    }

    @Test
    void anUpdateWithPsqlIsOnThePageAndInTheTable() throws Exception {
        RequiredTool.find("--version", "chromium");
        RequiredTool.find("--version", "chromedriver");
        RequiredTool.find("--version", "psql");
        Path bank = directory.resolve("the bank");
        Path said = directory.resolve("bank-demo");
        Process demo = new ProcessBuilder(
                        Run.command("demo", "--source=postgres", "--dashboard-port=0", "--dir=" + bank, "-o", "json"))
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
        ChromeDriver browser = startBrowser();
        try {
            browser.get(awaitLine(said, ADDRESS));
            String psql = awaitLine(said, Pattern.compile("PostgreSQL is yours, too: (.*)"));
            awaitLine(said, Pattern.compile("(\"op\":\"u\")"));

            // More than one: the bank may close an account at any time.
            String ids = output(psql + " -qAtc \"UPDATE accounts SET name = 'of mine' WHERE id IN"
                    + " (SELECT id FROM accounts ORDER BY id DESC LIMIT 20) RETURNING id\"");
            browser.findElement(By.id("filter-id"))
                    .sendKeys(ids.lines().findFirst().orElseThrow());

            awaitText(browser, "change-list", "(?s).*of mine.*");
            demo.toHandle().destroy();
            assertThat(demo.waitFor(2, TimeUnit.MINUTES)).isTrue();
            assertThat(awaitLine(said, Pattern.compile("\"verified\":(\\w+)"))).isEqualTo("true");
            assertThat(Run.of("feed", bank.resolve("users").toString(), "-o", "json")
                            .out())
                    .contains("\"of mine\"");
        } finally {
            browser.quit();
            demo.descendants().forEach(ProcessHandle::destroyForcibly);
            demo.destroyForcibly();
        }
    }

    /** What a pattern's group is in the first line of a file that has it, when there is one. */
    private static String awaitLine(Path file, Pattern pattern) {
        Supplier<String> look = () -> {
            try (Stream<String> lines = Files.lines(file)) {
                return lines.map(pattern::matcher)
                        .filter(Matcher::find)
                        .map(found -> found.group(1))
                        .findFirst()
                        .orElse("");
            } catch (IOException failure) {
                throw new UncheckedIOException(failure);
            }
        };
        await(look, found -> !found.isEmpty(), file + " has " + pattern);
        return look.get();
    }

    private static String output(String shellCommand) throws IOException {
        Process shell = new ProcessBuilder("sh", "-c", shellCommand)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        return new String(shell.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
    }

    private static Process apply(String server, String table, int port) throws IOException {
        return Run.process(
                "apply",
                "--bootstrap-server=" + server,
                "--table=" + table,
                "--dashboard-port=" + port,
                "--trigger=100ms");
    }

    private static void generate(String server, int events) {
        Run run = Run.of("generate", "--bootstrap-server=" + server, "--events=" + events, "--events-per-second=0");
        assertThat(run.exitCode()).as(run.err()).isZero();
    }

    private static void awaitText(ChromeDriver browser, String id, String pattern) {
        await(() -> browser.findElement(By.id(id)).getText(), text -> text.matches(pattern), id + " says " + pattern);
    }

    private static void awaitFigure(ChromeDriver browser, String name, String value) {
        await(() -> figure(browser, name), value::equals, name + " is " + value);
    }

    private static void await(Supplier<String> look, Predicate<String> wanted, String what) {
        long deadline = System.nanoTime() + Duration.ofMinutes(2).toNanos();
        String seen = look.get();
        while (!wanted.test(seen)) {
            assertThat(System.nanoTime()).as("%s, but it is: %s", what, seen).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
            seen = look.get();
        }
    }

    private static String address(BufferedReader lines) throws IOException {
        String line;
        while ((line = lines.readLine()) != null) {
            Matcher address = ADDRESS.matcher(line);
            if (address.find()) {
                return address.group(1);
            }
        }
        throw new AssertionError("no address of a page was printed");
    }

    /** The status when something is in it. */
    private static String awaitStatus(String page, String pattern) throws Exception {
        return awaitStatus(page, Pattern.compile(pattern).asPredicate(), pattern);
    }

    private static String awaitStatus(String page, Predicate<String> wanted, String description) throws Exception {
        HttpRequest request =
                HttpRequest.newBuilder(URI.create(page).resolve("api/status")).build();
        long deadline = System.nanoTime() + Duration.ofMinutes(3).toNanos();
        while (true) {
            String status = HttpClient.newHttpClient()
                    .send(request, HttpResponse.BodyHandlers.ofString())
                    .body();
            if (wanted.test(status)) {
                return status;
            }
            assertThat(System.nanoTime()).as(description + " in " + status).isLessThan(deadline);
            LockSupport.parkNanos(Duration.ofMillis(50).toNanos());
        }
    }

    @Test
    void aTakenPortThatTheUserAskedForIsAnError() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Run run = Run.of("demo", "--events=1", "--dashboard-port=" + taken.getLocalPort());

            assertThat(run.exitCode()).isEqualTo(1);
            assertThat(run.err())
                    .contains("error: cannot serve the page at 127.0.0.1:" + taken.getLocalPort())
                    .contains("hint: ")
                    .doesNotContain("\tat ");
        }
    }

    @Test
    void whereThePagesOwnPortIsTakenItTakesAnotherAndSaysSo() throws Exception {
        ServerSocket taken = takePort(DashboardSettings.DEFAULT_PORT);
        Process demo = Run.process("demo", "--events=20", "--events-per-second=10");
        try (BufferedReader lines = demo.inputReader(StandardCharsets.UTF_8)) {
            String notice = lines.lines()
                    .filter(line -> line.contains("live page"))
                    .findFirst()
                    .orElseThrow();

            assertThat(notice).contains("port 8080 is taken; the live page is at http://localhost:");
            String page = notice.substring(notice.indexOf("http:"));
            assertThat(awaitStatus(page, "\"topic\":\"r023hf\"")).contains("\"health\"");
            assertThat(lines.lines().toList()).anyMatch(line -> line.startsWith("verified: "));
            assertThat(demo.waitFor(1, TimeUnit.MINUTES)).isTrue();
            assertThat(demo.exitValue()).isZero();
        } finally {
            demo.destroy();
            taken.close();
        }
    }

    /** Listens at a port, unless somebody else does so already, which does as well. */
    private static ServerSocket takePort(int port) throws IOException {
        ServerSocket socket = new ServerSocket();
        try {
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
        } catch (BindException takenAlready) {
            assertThat(takenAlready).hasMessageContaining("in use");
        }
        return socket;
    }

    @Test
    void impossiblePortsAreWrongUsage() {
        assertThat(Run.of("demo", "--dashboard-port=70000").exitCode()).isEqualTo(2);
        assertThat(Run.of("demo", "--dashboard-port=0", "--no-dashboard").exitCode())
                .isEqualTo(2);
        assertThat(Run.of("apply", "--table=t", "--dashboard-port=-1").exitCode())
                .isEqualTo(2);
    }

    private static ChromeDriver startBrowser() {
        ChromeOptions options = new ChromeOptions();
        options.setBinary(program("chromium"));
        options.addArguments(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--disable-dev-shm-usage",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + profile);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(program("chromedriver"))
                .usingAnyFreePort()
                .build();
        return new ChromeDriver(service, options);
    }

    private static File program(String name) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> new File(directory, name))
                .filter(File::canExecute)
                .findFirst()
                .orElseThrow();
    }

    private static String figure(ChromeDriver browser, String name) {
        return String.valueOf(browser.findElement(By.cssSelector("[data-figure=" + name + "]"))
                .getAttribute("data-value"));
    }

    private static long count(String status, String field) {
        return Long.parseLong(number(status, field));
    }

    private static String number(String summary, String field) {
        Matcher number = Pattern.compile("\"" + field + "\":(\\d+)").matcher(summary);
        assertThat(number.find()).as(field + " in " + summary).isTrue();
        return number.group(1);
    }
}
