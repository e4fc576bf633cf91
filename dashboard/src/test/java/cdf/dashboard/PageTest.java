package cdf.dashboard;

import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

/** The page in a real browser. */
class PageTest {
    private static Browser browser;

    private final SimulatedPipeline pipeline = new SimulatedPipeline(5);
    private final CountDownLatch verify = new CountDownLatch(1);
    private Dashboard dashboard;

    @BeforeAll
    static void startBrowser() {
        browser = Browser.start();
    }

    @AfterAll
    static void closeBrowser() throws IOException {
        if (browser != null) {
            browser.close();
        }
    }

    @BeforeEach
    void start() {
        dashboard = serve(0, Optional.of(() -> {
            await(verify);
            return new Verdict(true, 12, Duration.ofMillis(30), 0, "Verified: the table is right");
        }));
        browser.resize(1440, 900);
        browser.theme("light");
    }

    @AfterEach
    void close() {
        dashboard.close();
        var unused = browser.errors(); // the browser tells of the connection that it lost
    }

    private Dashboard serve(int port, Optional<Verifier> verifier) {
        return Dashboard.start(
                new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(port), Optional.empty()),
                pipeline.feed,
                SimulatedPipeline.NAMES,
                verifier);
    }

    @Test
    void showsDataWithinTwoSecondsOfOpening() {
        pipeline.start();
        pipeline.step(20);
        pipeline.step(20);

        browser.open(dashboard.address());
        browser.await("changes", () -> !browser.findAll("#change-list li").isEmpty());

        double millis = browser.number("return performance.now()");
        assertThat(millis).isLessThan(2000);
        assertThat(browser.figure("applied")).isEqualTo("40");
        assertThat(browser.figure("read")).isEqualTo("40");
        assertThat(browser.figure("topicEvents")).isEqualTo("40");
        assertThat(browser.figure("tableVersion")).isEqualTo("1");
        assertThat(browser.text("#health-text")).startsWith("Healthy");
        assertThat(browser.text("#topic")).isEqualTo("r023hf");
        assertThat(browser.errors()).isEmpty();
    }

    @Test
    void eachStateIsSaidInWords() {
        open();
        assertState("starting", "Starting");
        pipeline.feed.topicMissing();
        assertState("topic-missing", "does not exist yet");
        pipeline.start();
        assertState("empty", "no event in the topic");
        assertThat(browser.text("#no-change")).startsWith("No change yet");
        assertThat(browser.text("#no-batch")).isEqualTo("No commit yet.");
        assertThat(browser.text("#no-letter")).startsWith("None");
        pipeline.step(5);
        assertState("healthy", "Healthy");
        pipeline.feed.brokerAway("none answers at localhost:9092");
        assertState("broker-away", "none answers at localhost:9092");
        assertThat(browser.text("#health-advice")).contains("Nothing is lost");
        assertThat(browser.text("#health-since")).startsWith("since");
        pipeline.measure();
        assertState("healthy", "Healthy");
        pipeline.feed.failed(new IllegalStateException("disk"));
        assertState("failed", "disk");
    }

    @Test
    void aPauseIsUnmistakableAndAddsUp() {
        pipeline.start();
        pipeline.step(10);
        open();
        browser.await("ten changes", () -> browser.figure("shown").equals("10"));

        browser.press("p");
        pipeline.step(7);
        browser.await("seven held back", () -> browser.figure("held").equals("7"));

        assertThat(browser.text("#paused")).contains("Paused.").contains("7 changes are held back.");
        assertThat(browser.find("#pause").getAttribute("aria-pressed")).isEqualTo("true");
        assertThat(browser.findAll("#change-list li")).hasSize(10);
        assertAddsUp();

        browser.find("#resume").click();
        browser.await("all shown", () -> browser.figure("shown").equals("17"));
        assertThat(browser.find("#paused").isDisplayed()).isFalse();
        assertThat(browser.findAll("#change-list li")).hasSize(17);
        assertAddsUp();
    }

    @Test
    void changesAreFilteredByIdAndKind() {
        pipeline.start();
        pipeline.create("needle-1", "Ada");
        pipeline.step(40);
        open();
        browser.await("changes", () -> browser.figure("shown").equals("41"));

        browser.press("/");
        browser.press("NEEDLE");

        browser.await("one row", () -> browser.findAll("#change-list li").size() == 1);
        assertThat(browser.text("#change-list li"))
                .contains("create")
                .contains("needle-1")
                .contains("name Ada");
        assertThat(browser.text("#match")).isEqualTo("· 1 of the last 41 match");

        browser.find("#filter-id").clear();
        browser.find("#filter-kind").sendKeys("delete");
        browser.await("deletes", () -> browser.findAll("#change-list li").stream()
                .allMatch(row -> "delete".equals(row.getAttribute("data-kind"))));
        assertThat(browser.findAll("#change-list li")).hasSize(Integer.parseInt(browser.figure("delete")));
    }

    @Test
    void anUpdateShowsOldAndNew() {
        pipeline.start();
        pipeline.step(60);
        open();
        browser.await("changes", () -> !browser.findAll("#change-list li[data-kind=update]")
                .isEmpty());

        WebElement row = browser.find("#change-list li[data-kind=update]");

        assertThat(row.getText()).containsPattern("balance \\d+ → \\d+");
    }

    @Test
    void aRowIsTextAndNeverMarkup() {
        String name = "<script>document.title='owned'</script><img src=x onerror=\"document.title='owned'\">";
        pipeline.start();
        pipeline.create("<b>id</b>", name);
        pipeline.reject("<i>reason</i>", Optional.of("<u>column</u>"), name.getBytes(StandardCharsets.UTF_8));
        pipeline.step(0);
        pipeline.step(0);
        open();
        browser.await("the dead letter", () -> !browser.findAll("#letters li").isEmpty());
        browser.find("#letters summary").click();

        assertThat(browser.text("#change-list li[data-kind=create]"))
                .contains(name)
                .contains("<b>id</b>");
        assertThat(browser.text("#letters pre:last-of-type")).isEqualTo(name);
        assertThat(browser.text("#reasons")).contains("<u>column</u>");
        assertThat(browser.findAll("#changes script, #changes img, #changes b b, #dead-letters img, #dead-letters i"))
                .isEmpty();
        assertThat(browser.script("return document.title")).asString().doesNotContain("owned");
        assertThat(browser.errors()).isEmpty();
    }

    @Test
    void deadLettersShowTheirReasonPlaceAndBytes() {
        pipeline.start();
        pipeline.reject("\"lots\" is no BIGINT", Optional.of("balance"), "{\"ü\":1}".getBytes(StandardCharsets.UTF_8));
        pipeline.reject("not UTF-8 at byte 0", Optional.empty(), new byte[] {(byte) 0xff, 0x00, 0x7b});
        pipeline.step(0);
        pipeline.step(0);
        open();
        browser.await("two letters", () -> browser.findAll("#letters li").size() == 2);

        assertThat(browser.text("#reasons"))
                .contains("column balance: … is no BIGINT")
                .contains("not UTF-8 at byte …");
        assertThat(browser.text("#letters")).containsPattern("r023hf-\\d@\\d+");
        List<WebElement> letters = browser.findAll("#letters summary");
        letters.forEach(WebElement::click);
        assertThat(browser.text("#letters li:nth-child(1) pre:last-of-type")).isEqualTo("ff 00 7b");
        assertThat(browser.text("#letters li:nth-child(2) pre:last-of-type")).isEqualTo("{\"ü\":1}");
        browser.findAll("#letters li:nth-child(2) button").get(1).click();
        assertThat(browser.text("#letters li:nth-child(2) pre:last-of-type")).isEqualTo("7b 22 c3 bc 22 3a 31 7d");
        assertThat(browser.figure("deadLettered")).isEqualTo("2");
    }

    @Test
    void aVerificationRunsByTheButtonAndShowsItsVerdict() {
        pipeline.start();
        open();
        browser.await("the button", () -> browser.find("#verify").isEnabled());
        assertThat(browser.text("#verdict")).isEqualTo("Not verified yet.");

        browser.find("#verify").click();
        browser.await("running", () -> browser.text("#verify").equals("Verifying…"));
        assertThat(browser.find("#verify").isEnabled()).isFalse();
        verify.countDown();

        browser.await("the verdict", () -> browser.text("#verdict").equals("Verified: the table is right"));
        assertThat(browser.text("#verdict-more")).contains("12 rows compared").contains("0 differences");
    }

    @Test
    void withoutAVerifierThePageSaysSo() {
        try (Dashboard without = serve(0, Optional.empty())) {
            browser.open(without.address());
            browser.await("the verdict", () -> browser.text("#verdict").contains("no verifier"));

            assertThat(browser.find("#verify").isEnabled()).isFalse();
        }
    }

    @Test
    void aPageThatLosesTheServerSaysSinceWhenAndComesBack() {
        pipeline.start();
        pipeline.step(3);
        pipeline.step(3);
        open();
        browser.await("changes", () -> browser.figure("shown").equals("6"));
        int port = dashboard.port();

        dashboard.close();
        browser.await("stale", () -> browser.find("#stale").isDisplayed());
        assertThat(browser.text("#stale")).startsWith("Stale since ");
        assertThat(browser.text("#connection")).isEqualTo("stale");
        assertThat(browser.figure("applied")).isEqualTo("6");

        dashboard = serve(port, Optional.empty());
        pipeline.start();
        pipeline.step(2);
        browser.await("live again", () -> browser.text("#connection").equals("live"));
        assertThat(browser.find("#stale").isDisplayed()).isFalse();
        browser.await("the new changes", () -> browser.figure("shown").equals("2"));
        assertAddsUp();
    }

    @Test
    void aBurstDoesNotFreezeThePageAndAllOfItIsCounted() {
        pipeline.start();
        pipeline.step(200);
        open();
        browser.await("the first changes", () -> browser.figure("shown").equals("200"));
        double longest = browser.longestTaskDuring(() -> {
            for (int burst = 0; burst < 40; burst++) {
                pipeline.step(2500);
            }
            browser.await("all received", () -> browser.figure("received").equals("100200"));
            browser.await("drawn", () -> browser.figure("read").equals("97700"));
        });

        assertThat(longest)
                .as("milliseconds in which the page did nothing else")
                .isLessThan(100);
        assertThat(browser.findAll("#change-list li")).hasSize(100);
        assertAddsUp();
    }

    @Test
    void everyChartHasATable() {
        pipeline.start();
        pipeline.step(10);
        pipeline.step(10);
        pipeline.feed.compacted(40, 7, Duration.ofMillis(80));
        pipeline.start();
        open();
        browser.await("a batch", () -> browser.find("#timeline").isDisplayed());

        browser.findAll("details > summary").forEach(WebElement::click);

        for (String chart : List.of("#rates", "#latency", "#lag-seconds", "#lag-events")) {
            assertThat(browser.findAll(chart + " tbody tr")).as(chart).isNotEmpty();
        }
        assertThat(browser.text("#batch-table"))
                .contains("compaction: 40 files with 7 rows merged")
                .contains("restart");
    }

    @Test
    void keysDoWhatTheButtonsDo() {
        open();
        browser.press("?");
        browser.await("the list of keys", () -> browser.find("#keys").isDisplayed());
        browser.press(Keys.ESCAPE.toString());
        browser.await("no list", () -> !browser.find("#keys").isDisplayed());

        browser.press("t");

        assertThat(browser.script("return document.documentElement.dataset.theme"))
                .isEqualTo("dark");
        browser.press("t");
        assertThat(browser.script("return document.documentElement.dataset.theme"))
                .isEqualTo("light");
    }

    @Test
    void nothingIsWiderThanANarrowWindow() {
        pipeline.start();
        pipeline.create("x".repeat(500), "y".repeat(500));
        pipeline.reject("z".repeat(500), Optional.empty(), "w".repeat(5000).getBytes(StandardCharsets.UTF_8));
        pipeline.step(20);
        pipeline.step(20);
        for (int width : new int[] {320, 390, 768, 1440}) {
            browser.resize(width, 844);
            open();
            browser.await("changes", () -> !browser.findAll("#change-list li").isEmpty());

            assertThat(browser.number("return document.documentElement.scrollWidth"))
                    .as("at " + width)
                    .isLessThanOrEqualTo(width);
        }
    }

    @Test
    void axeFindsNoFault() throws IOException {
        pipeline.start();
        pipeline.reject("not JSON", Optional.empty(), "x".getBytes(StandardCharsets.UTF_8));
        pipeline.step(30);
        pipeline.step(30);
        pipeline.feed.verified(new Verdict(false, 12, Duration.ofMillis(30), 3, "3 rows differ"));
        for (String theme : List.of("light", "dark")) {
            browser.theme(theme);
            open();
            browser.await(
                    "the dead letter", () -> !browser.findAll("#letters li").isEmpty());
            browser.findAll("details > summary").forEach(WebElement::click);
            browser.press("p");
            browser.await("paused", () -> browser.find("#paused").isDisplayed());

            assertThat(axe()).as(theme).isEmpty();
        }
    }

    /** What axe-core has to say against the page: rule, element and how to mend it. */
    @SuppressWarnings("unchecked")
    private static List<String> axe() throws IOException {
        try (InputStream source =
                PageTest.class.getResourceAsStream("/META-INF/resources/webjars/axe-core/4.6.3/axe.min.js")) {
            browser.script(new String(source.readAllBytes(), StandardCharsets.UTF_8));
        }
        List<Map<String, Object>> violations =
                (List<Map<String, Object>>) browser.asyncScript("const done = arguments[arguments.length - 1];"
                        + "axe.run().then(result => done(result.violations.map(each => ({id: each.id, nodes:"
                        + " each.nodes.map(node => node.html.slice(0, 120) + ' ' + node.failureSummary)}))));");
        return requireNonNull(violations).stream().map(Map::toString).toList();
    }

    private void open() {
        browser.open("about:blank");
        browser.open(dashboard.address());
        browser.script("localStorage.clear()");
        browser.await("the connection", () -> browser.text("#connection").equals("live"));
    }

    private static void assertState(String state, String words) {
        browser.await(state, () -> state.equals(browser.find("#health").getAttribute("data-state")));
        assertThat(browser.text("#health-text")).contains(words);
    }

    private static void assertAddsUp() {
        long shown = Long.parseLong(browser.figure("shown"));
        long held = Long.parseLong(browser.figure("held"));
        long dropped = Long.parseLong(browser.figure("dropped"));
        assertThat(shown + held + dropped).isEqualTo(Long.parseLong(browser.figure("received")));
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException stopped) {
            throw new IllegalStateException(stopped);
        }
    }
}
