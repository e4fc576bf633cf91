package cdf.dashboard;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;

/** Takes the pictures of the page that people look at: {@code main} with a directory, and perhaps a running page. */
final class Screenshots {
    private Screenshots() {}

    public static void main(String[] arguments) throws IOException {
        Path directory = Files.createDirectories(Path.of(arguments[0]));
        try (Browser browser = Browser.start()) {
            if (arguments.length > 1) {
                take(browser, arguments[1], directory);
            } else {
                simulate(browser, directory);
            }
            browser.errors().forEach(System.err::println);
        }
    }

    private static void simulate(Browser browser, Path directory) throws IOException {
        SimulatedPipeline pipeline = new SimulatedPipeline(11);
        pipeline.passTime(Duration.ofMinutes(-10));
        Verifier verifier = () ->
                new Verdict(true, 4218, Duration.ofMillis(840), 0, "Verified: the table is what the topic adds up to");
        try (Dashboard dashboard = Dashboard.start(
                new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(0), Optional.empty()),
                pipeline.feed,
                SimulatedPipeline.NAMES,
                Optional.of(verifier))) {
            history(pipeline, dashboard);
            ScheduledExecutorService present = Executors.newSingleThreadScheduledExecutor();
            var unused = present.scheduleAtFixedRate(
                    () -> pipeline.step(4), 0, SimulatedPipeline.STEP_MILLIS, TimeUnit.MILLISECONDS);
            take(browser, dashboard.address(), directory);
            browser.resize(1440, 900);
            browser.press("p");
            browser.script("return new Promise(done => setTimeout(done, 1500))");
            present.shutdownNow();
            pipeline.feed.brokerAway("none answers at localhost:9092");
            browser.await("trouble", () -> browser.text("#health-text").startsWith("Broker away"));
            browser.screenshot(directory.resolve("1440x900-dark-trouble.png"));
        }
    }

    /** What a window shows, and the whole page: wide and narrow, light and dark. */
    private static void take(Browser browser, String address, Path directory) throws IOException {
        for (String theme : new String[] {"light", "dark"}) {
            for (int[] size : new int[][] {{1440, 900}, {390, 844}}) {
                browser.resize(size[0], size[1]);
                browser.theme(theme);
                browser.open(address);
                browser.await(
                        "changes", () -> !browser.findAll("#change-list li").isEmpty());
                browser.script("return new Promise(done => setTimeout(done, 600))");
                String name = size[0] + "x" + size[1] + "-" + theme;
                browser.screenshot(directory.resolve(name + ".png"));
                int height = (int) browser.number("return document.documentElement.scrollHeight");
                browser.resize(size[0], height);
                browser.script("return new Promise(done => setTimeout(done, 300))");
                browser.screenshot(directory.resolve(name + "-whole.png"));
            }
        }
    }

    /** Ten minutes of it: a burst, a few dead letters, a restart. */
    private static void history(SimulatedPipeline pipeline, Dashboard dashboard) {
        pipeline.start();
        pipeline.feed.verified(
                new Verdict(true, 4102, Duration.ofMillis(811), 0, "Verified: the table is what the topic adds up to"));
        for (int step = 0; step < 2400; step++) {
            int burst = step > 1300 && step < 1480 ? 9 : 0;
            pipeline.step(3 + burst + (int) Math.round(2 * Math.sin(step / 90.0)) + step % 2);
            if (step % 610 == 300) {
                pipeline.reject(
                        "\"lots\" is no BIGINT",
                        Optional.of("balance"),
                        "{\"op\":\"c\",\"ts_ms\":1795390564709,\"before\":null,\"after\":{\"id\":\"2a04e3fb\",\"name\":\"Renée Nguyễn\",\"balance\":\"lots\"}}"
                                .getBytes(StandardCharsets.UTF_8));
            }
            if (step == 1900) {
                pipeline.reject(
                        "not JSON: expected a value, but the text ends at byte 12",
                        Optional.empty(),
                        "{\"op\":\"c\",".getBytes(StandardCharsets.UTF_8));
                pipeline.start();
            }
            pipeline.passTime(Duration.ofMillis(SimulatedPipeline.STEP_MILLIS));
            dashboard.takeIn();
        }
    }
}
