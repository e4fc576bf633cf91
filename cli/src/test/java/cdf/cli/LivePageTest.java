package cdf.cli;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

import static org.assertj.core.api.Assertions.assertThat;

/** The live page of a real pipeline. */
class LivePageTest {
    private static final Pattern ADDRESS = Pattern.compile("the live page is at (http://\\S+)");

    @TempDir
    private static Path profile;

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

    private static String number(String summary, String field) {
        Matcher number = Pattern.compile("\"" + field + "\":(\\d+)").matcher(summary);
        assertThat(number.find()).as(field + " in " + summary).isTrue();
        return number.group(1);
    }
}
