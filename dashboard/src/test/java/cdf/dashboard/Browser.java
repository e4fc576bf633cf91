package cdf.dashboard;

import org.jspecify.annotations.Nullable;
import org.openqa.selenium.By;
import org.openqa.selenium.Capabilities;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.devtools.Command;
import org.openqa.selenium.devtools.Connection;
import org.openqa.selenium.devtools.ConverterFunctions;
import org.openqa.selenium.devtools.Event;
import org.openqa.selenium.interactions.Actions;
import org.openqa.selenium.json.TypeToken;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;
import org.openqa.selenium.remote.http.ClientConfig;
import org.openqa.selenium.remote.http.HttpClient;
import org.opentest4j.TestAbortedException;

import java.io.File;
import java.io.IOException;
import java.lang.reflect.Type;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.logging.Level;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import static java.util.Objects.requireNonNull;

/** A headless Chromium. Where none is installed the test is skipped; with {@code CI=true} in the environment it fails. */
final class Browser implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(15);
    private static final Type LIST_OF_EVENTS = new TypeToken<List<Map<String, Object>>>() {}.getType();
    private static final Duration CHECK = Duration.ofMillis(20);

    private final Path profile;
    private final ChromeDriver driver;

    private Browser(Path profile, ChromeDriver driver) {
        this.profile = profile;
        this.driver = driver;
    }

    static Browser start() {
        File chromium = installed("chromium");
        File chromedriver = installed("chromedriver");
        try {
            Path profile = Files.createTempDirectory("cdf-browser-");
            ChromeOptions options = new ChromeOptions();
            options.setBinary(chromium);
            options.addArguments(
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--disable-quic",
                    "--hide-scrollbars",
                    "--disable-dev-shm-usage",
                    "--no-first-run",
                    "--disable-background-networking",
                    "--disable-component-update",
                    "--disable-sync",
                    "--disable-features=Translate,OptimizationHints,MediaRouter",
                    "--user-data-dir=" + profile);
            LoggingPreferences logging = new LoggingPreferences();
            logging.enable(LogType.BROWSER, Level.ALL);
            options.setCapability("goog:loggingPrefs", logging);
            ChromeDriverService service = new ChromeDriverService.Builder()
                    .usingDriverExecutable(chromedriver)
                    .usingAnyFreePort()
                    .build();
            return new Browser(profile, new ChromeDriver(service, options));
        } catch (IOException failure) {
            throw new IllegalStateException("cannot create a directory for the browser", failure);
        }
    }

    private static File installed(String program) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(directory -> new File(directory, program))
                .filter(File::canExecute)
                .findFirst()
                .orElseThrow(() -> missing(System.getenv(), "not installed: " + program));
    }

    /** What ends a test that lacks something: to be thrown. */
    static RuntimeException missing(Map<String, String> environment, String what) {
        if ("true".equals(environment.get("CI"))) {
            throw new AssertionError(what + ", and CI=true lets no test be skipped");
        }
        return new TestAbortedException(what);
    }

    void open(String address) {
        driver.get(address);
    }

    void resize(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    void theme(String theme) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", theme))));
    }

    double number(String script) {
        return script(script) instanceof Number number ? number.doubleValue() : Double.NaN;
    }

    WebElement find(String selector) {
        return driver.findElement(By.cssSelector(selector));
    }

    List<WebElement> findAll(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    /** What an element shows. */
    String text(String selector) {
        return find(selector).getText();
    }

    /** The exact value of a figure. */
    String figure(String name) {
        return String.valueOf(script(
                "return document.querySelector('[data-figure=\"' + arguments[0] + '\"]').dataset.value ?? ''", name));
    }

    void press(String key) {
        new Actions(driver).sendKeys(key).perform();
    }

    @Nullable
    Object script(String script, Object... arguments) {
        return driver.executeScript(script, arguments);
    }

    @Nullable
    Object asyncScript(String script, Object... arguments) {
        return driver.executeAsyncScript(script, arguments);
    }

    /** Waits until something is so. */
    void await(String what, BooleanSupplier condition) {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (!condition.getAsBoolean()) {
            if (System.nanoTime() - deadline > 0) {
                throw new AssertionError("not within " + PATIENCE + ": " + what + "; the page says:\n"
                        + text("body").lines().limit(60).toList());
            }
            LockSupport.parkNanos(CHECK.toNanos());
        }
    }

    /**
     * How long the page did nothing else, at most, while something happened: the processor time of its longest task, in
     * milliseconds. Time on the clock would tell what else the machine does.
     */
    double longestTaskDuring(Runnable work) {
        Capabilities capabilities = driver.getCapabilities();
        Map<?, ?> chrome = (Map<?, ?>) requireNonNull(capabilities.getCapability("goog:chromeOptions"));
        String devTools = "ws://" + chrome.get("debuggerAddress") + "/devtools/page/" + driver.getWindowHandle();
        List<Map<String, Object>> events = Collections.synchronizedList(new ArrayList<>());
        CountDownLatch complete = new CountDownLatch(1);
        ClientConfig client = ClientConfig.defaultConfig().baseUri(URI.create(devTools));
        try (Connection connection =
                new Connection(HttpClient.Factory.createDefault().createClient(client), devTools, client)) {
            connection.addListener(
                    new Event<List<Map<String, Object>>>(
                            "Tracing.dataCollected", ConverterFunctions.map("value", LIST_OF_EVENTS)),
                    (sequence, some) -> events.addAll(some));
            connection.addListener(
                    new Event<Boolean>(
                            "Tracing.tracingComplete", ConverterFunctions.map("dataLossOccurred", Boolean.class)),
                    (sequence, lost) -> complete.countDown());
            send(connection, "Tracing.start", Map.of("categories", "toplevel,__metadata"));
            work.run();
            send(connection, "Tracing.end", Map.of());
            await("the trace", () -> complete.getCount() == 0);
        }
        synchronized (events) {
            return longestTask(List.copyOf(events));
        }
    }

    private static void send(Connection connection, String method, Map<String, Object> parameters) {
        connection.sendAndWait(null, new Command<>(method, parameters), PATIENCE);
    }

    private static double longestTask(List<Map<String, Object>> events) {
        Set<Object> pages = events.stream()
                .filter(event -> "thread_name".equals(event.get("name"))
                        && String.valueOf(event.get("args")).contains("CrRendererMain"))
                .map(event -> event.get("tid"))
                .collect(Collectors.toSet());
        return events.stream()
                .filter(event -> pages.contains(event.get("tid")) && event.get("tdur") instanceof Number)
                .mapToDouble(event -> ((Number) requireNonNull(event.get("tdur"))).doubleValue() / 1000)
                .max()
                .orElseThrow(() -> new IllegalStateException("the browser traced no task of the page"));
    }

    /** What the page wrote to the console since the last call: errors, and what the content security policy refused. */
    List<String> errors() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.SEVERE.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    void screenshot(Path file) throws IOException {
        Files.write(file, driver.getScreenshotAs(OutputType.BYTES));
    }

    @Override
    public void close() throws IOException {
        driver.quit();
        try (Stream<Path> files = Files.walk(profile)) {
            files.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
        }
    }
}
