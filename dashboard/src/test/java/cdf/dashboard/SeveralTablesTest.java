package cdf.dashboard;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import static org.assertj.core.api.Assertions.assertThat;

/** One page for several tables. */
class SeveralTablesTest {
    private final SimulatedPipeline users = new SimulatedPipeline(5);
    private final SimulatedPipeline orders = new SimulatedPipeline(6);
    private final List<String> verified = new ArrayList<>();
    private final CountDownLatch verification = new CountDownLatch(1);
    private Dashboard dashboard;

    @BeforeEach
    void start() {
        dashboard = Dashboard.startForSeveral(
                new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(0), Optional.empty()));
    }

    @AfterEach
    void close() {
        dashboard.close();
    }

    private void add(SimulatedPipeline pipeline, String topic) {
        dashboard.add(pipeline.feed, new PipelineNames("localhost:9092", topic, "/data/" + topic), Optional.of(() -> {
            verified.add(topic);
            verification.countDown();
            return new Verdict(true, 1, Duration.ZERO, 0, "Verified");
        }));
    }

    private void addBoth() {
        add(users, "shop.users");
        add(orders, "shop.orders");
        users.start();
        orders.start();
        users.step(20);
        users.step(20);
        orders.step(7);
        orders.step(7);
        dashboard.takeIn();
    }

    @Test
    void theAddressChoosesTheTableAndEachTellsOfAll() throws IOException {
        assertThat(Answer.get(dashboard.port(), "/api/status").status()).isEqualTo(404);
        addBoth();

        String chosen =
                Answer.get(dashboard.port(), "/api/status?table=shop.users").body();
        String first = Answer.get(dashboard.port(), "/api/status").body();

        assertThat(chosen).contains("\"topic\":\"shop.users\",\"table\":\"/data/shop.users\"", "\"read\":40,");
        assertThat(first).contains("\"topic\":\"shop.orders\",\"table\":\"/data/shop.orders\"", "\"read\":14,");
        assertThat(chosen)
                .contains("\"tables\":[{\"topic\":\"shop.orders\",\"state\":\"healthy\",")
                .contains(",{\"topic\":\"shop.users\",\"state\":\"healthy\",");
        assertThat(Answer.get(dashboard.port(), "/api/status?table=shop.items").status())
                .isEqualTo(404);
        assertThat(Answer.get(dashboard.port(), "/api/stream?table=shop.items").status())
                .isEqualTo(404);
    }

    @Test
    void oneTableThatFailedIsBadHealthOfThatTable() throws IOException {
        addBoth();
        assertThat(Answer.get(dashboard.port(), "/healthz").status()).isEqualTo(200);

        orders.feed.failed(new CdfException(ExitCode.FAILED, "the disk is full", "make room"));
        dashboard.takeIn();

        Answer health = Answer.get(dashboard.port(), "/healthz");
        assertThat(health.status()).isEqualTo(503);
        assertThat(health.body()).contains("shop.orders: Stopped: the disk is full\n", "shop.users: Healthy");
        assertThat(Answer.get(dashboard.port(), "/api/status?table=shop.users").body())
                .contains("\"health\":{\"state\":\"healthy\"")
                .contains("{\"topic\":\"shop.orders\",\"state\":\"failed\",\"level\":\"bad\"");
    }

    @Test
    void prometheusTellsTheTablesApartByTheirTopics() throws IOException {
        addBoth();

        String metrics = Answer.get(dashboard.port(), "/metrics").body();

        assertThat(metrics)
                .contains("cdf_events_total{outcome=\"applied\",topic=\"shop.users\"} 40.0")
                .contains("cdf_events_total{outcome=\"applied\",topic=\"shop.orders\"} 14.0")
                .contains("cdf_table_version{topic=\"shop.users\"} 1.0")
                .containsOnlyOnce("# TYPE cdf_lag_seconds gauge");
    }

    @Test
    void theTableThatIsChosenIsVerified() throws Exception {
        addBoth();

        Answer answer = Answer.to(
                dashboard.port(),
                "POST",
                "/api/verify?table=shop.users",
                "Origin: http://localhost:" + dashboard.port());

        assertThat(answer.status()).isEqualTo(202);
        assertThat(verification.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(verified).containsExactly("shop.users");
    }

    @Test
    void thePageListsTheTablesAndShowsTheOneThatIsChosen() throws IOException {
        try (Browser browser = Browser.start()) {
            addBoth();
            browser.open(dashboard.address());
            browser.await("the first table", () -> browser.figure("read").equals("14"));
            assertThat(browser.findAll("#table-list li")).hasSize(2);
            assertThat(browser.text("#table-list [aria-current]")).startsWith("shop.orders");

            browser.findAll("#table-list a").get(1).click();
            browser.await("the other table", () -> browser.figure("read").equals("40"));
            orders.feed.failed(new CdfException(ExitCode.FAILED, "the disk is full", "make room"));
            browser.await("the failure shows", () -> !browser.findAll("#table-list [data-level=bad]")
                    .isEmpty());

            assertThat(browser.text("#topic")).isEqualTo("shop.users");
            assertThat(browser.text("#table-list [data-level=bad]"))
                    .startsWith("shop.orders\nfailed\nStopped: the disk is full");
            assertThat(browser.text("#health-text")).startsWith("Healthy");
        }
    }
}
