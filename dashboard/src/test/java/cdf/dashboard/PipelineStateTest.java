package cdf.dashboard;

import cdf.change.CdfException;
import cdf.change.Decoded;
import cdf.change.ExitCode;
import cdf.dashboard.Batch.Counts;
import cdf.dashboard.Health.State;
import cdf.dashboard.PipelineState.News;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** What the page says, by a clock that the test sets. */
class PipelineStateTest {
    private static final long BEGIN = 1_800_000_000_000L;

    private long now = BEGIN;
    private final PipelineFeed feed = new PipelineFeed(() -> Instant.ofEpochMilli(now));
    private final PipelineState state = new PipelineState(SimulatedPipeline.NAMES, true, now);

    @Test
    void startsAndSaysHowFarTheIndexIs() {
        feed.indexing(500, 2000);

        assertThat(healthAfter(0)).isEqualTo(State.STARTING);
        assertThat(state.health().text()).contains("500 of 2,000 rows");
    }

    @Test
    void waitsForATopicThatDoesNotExist() {
        feed.topicMissing();

        assertThat(healthAfter(0)).isEqualTo(State.TOPIC_MISSING);
        assertThat(state.health().text()).contains("r023hf");
        assertThat(state.health().advice()).isNotEmpty();
    }

    @Test
    void anEmptyTopicIsReady() {
        start();

        assertThat(healthAfter(100)).isEqualTo(State.EMPTY);
    }

    @Test
    void aTableThatIsBehindByLessThanASecondIsHealthyAndItSaysByHowMuch() {
        start();
        feed.measured(Map.of(0, 10L), Duration.ofMillis(400));

        assertThat(healthAfter(100)).isEqualTo(State.HEALTHY);
        assertThat(state.health().text()).isEqualTo("Healthy: the table is 0.4 s behind the topic");
        assertThat(state.lagEvents()).isEqualTo(10);
    }

    @Test
    void theStateKeepsTheTimeSinceWhenItIsSo() {
        start();
        feed.brokerAway("none answers at localhost:9092");
        var unused = take(0);
        long since = now;
        feed.brokerAway("none answers at localhost:9092");

        assertThat(healthAfter(5000)).isEqualTo(State.BROKER_AWAY);
        assertThat(state.health().sinceMillis()).isEqualTo(since);
        assertThat(state.topicPerSecond()).isNaN();
    }

    @Test
    void aBrokerThatIsBackIsNotAwayAnyMore() {
        start();
        feed.brokerAway("none answers at localhost:9092");
        feed.measured(Map.of(0, 1L), Duration.ofMillis(1));

        assertThat(healthAfter(0)).isEqualTo(State.HEALTHY);
    }

    @Test
    void nothingNewForAWhileIsIdle() {
        start();
        feed.measured(Map.of(0, 10L), Duration.ofMillis(1));
        commit(10);
        feed.measured(Map.of(0, 10L), Duration.ZERO);
        var unused = take(0);
        feed.measured(Map.of(0, 10L), Duration.ZERO);

        assertThat(healthAfter(6000)).isEqualTo(State.IDLE);
    }

    @Test
    void farBehindSaysHowLongItWillTake() {
        start();
        for (int second = 0; second < 5; second++) {
            feed.measured(Map.of(0, 100_000L), Duration.ofSeconds(42));
            commit(1000L * (second + 1));
            var unused = take(1000);
        }

        assertThat(state.health().state()).isEqualTo(State.BEHIND);
        assertThat(state.health().text()).contains("42 s").contains("96,000 events");
        assertThat(state.health().advice()).contains("catches up").contains("96 s");
    }

    @Test
    void noCommitWhileEventsWaitIsStalled() {
        start();
        feed.measured(Map.of(0, 7L), Duration.ofSeconds(1));
        var unused = take(0);
        feed.measured(Map.of(0, 7L), Duration.ofSeconds(32));

        assertThat(healthAfter(31_000)).isEqualTo(State.STALLED);
        assertThat(state.health().text()).startsWith("7 events wait");
    }

    @Test
    void offsetsWithoutEventsDoNotWait() {
        start();
        feed.measured(Map.of(0, 1L), Duration.ZERO); // the end of a transaction takes an offset
        var unused = take(0);

        assertThat(healthAfter(60_000)).isEqualTo(State.IDLE);
        assertThat(state.lagEvents()).isZero();
    }

    @Test
    void aFailureSaysWhatToDo() {
        start();
        feed.failed(new CdfException(ExitCode.FAILED, "the disk is full", "make room"));

        assertThat(healthAfter(0)).isEqualTo(State.FAILED);
        assertThat(state.health().text()).contains("the disk is full");
        assertThat(state.health().advice()).isEqualTo("make room");
    }

    @Test
    void aTableThatDiffersIsNotHealthy() {
        start();
        feed.measured(Map.of(0, 1L), Duration.ofMillis(1));
        feed.verified(new Verdict(false, 10, Duration.ofSeconds(1), 3, "3 rows differ"));

        assertThat(healthAfter(0)).isEqualTo(State.DIFFERENT);
    }

    @Test
    void latencyGoesFromTheSendToTheFirstCommitThatHasTheChange() {
        start();
        feed.change(change(0, now));
        feed.change(change(1, now + 300));
        now += 400;
        commit(1);
        now += 200;
        commit(2);

        News news = take(10);

        assertThat(news.latenciesMillis()).containsExactly(400L, 300L);
        assertThat(state.latency().p50()).isEqualTo(300);
        assertThat(state.latency().p99()).isEqualTo(400);
    }

    @Test
    void aChangeThatWasThereBeforeApplyingBeganHasNoLatency() {
        feed.started(Map.of(0, 5L));
        feed.change(change(4, now - 10_000));
        var unused = take(0);

        commit(6);

        assertThat(take(10).latenciesMillis()).isEmpty();
        assertThat(state.latency().p50()).isNaN();
    }

    @Test
    void ratesAreOfTheLastSeconds() {
        start();
        List<Point> points = new ArrayList<>();
        for (int second = 1; second <= 10; second++) {
            feed.measured(Map.of(0, 20L * second), Duration.ofMillis(1));
            commit(20L * second);
            points.addAll(take(1000).points());
        }

        assertThat(points).hasSize(10);
        assertThat(points.get(9).topicPerSecond()).isEqualTo(20);
        assertThat(points.get(9).tablePerSecond()).isEqualTo(20);
    }

    @Test
    void tenMinutesAreKeptAndNoMore() {
        start();
        for (int second = 0; second < 2000; second++) {
            feed.change(change(second, now));
            feed.measured(Map.of(0, (long) second), Duration.ofMillis(1));
            commit(second);
            var unused = take(1000);
        }

        assertThat(state.history().points()).hasSize(600);
        assertThat(state.history().batches()).hasSize(1200);
        assertThat(state.history().changes()).hasSize(300);
    }

    @Test
    void aSecondStartIsARestart() {
        start();
        var unused = take(0);
        start();

        News news = take(0);

        assertThat(news.marks()).extracting(Mark::kind).containsExactly(Mark.Kind.RESTART);
        assertThat(state.restarts()).isEqualTo(1);
    }

    @Test
    void deadLettersAreCountedByWhatTheirReasonsHaveInCommon() {
        start();
        feed.committed(new Batch(
                1,
                0,
                new Counts(9, 0, 0, 0, 9),
                Map.of(0, 9L),
                Map.of(),
                List.of(letter("\"lots\" is no BIGINT"), letter("\"many\" is no BIGINT"))));

        var unused = take(0);

        assertThat(state.reasons())
                .containsExactly(
                        new Reasons.Count(Reasons.UNKNOWN, 7), new Reasons.Count("column balance: … is no BIGINT", 2));
    }

    @Test
    void aLargeDeadLetterIsCutAndSaysSo() {
        DeadLetter letter = new DeadLetter(0, 0, now, "not JSON", Optional.empty(), null, new byte[10 << 20]);

        assertThat(letter.value().orElseThrow().kept()).hasSize(DeadLetter.KEPT_BYTES);
        assertThat(letter.value().orElseThrow().length()).isEqualTo(10 << 20);
    }

    private void start() {
        feed.started(Map.of(0, 0L));
        feed.measured(Map.of(0, 0L), Duration.ZERO);
    }

    private void commit(long position) {
        long before = state.counts().read();
        feed.committed(new Batch(
                position,
                position,
                new Counts(position - before, position - before, 0, 0, 0),
                Map.of(0, position),
                Map.of("commit", Duration.ofMillis(40)),
                List.of()));
    }

    private State healthAfter(long millis) {
        var unused = take(millis);
        return state.health().state();
    }

    private News take(long afterMillis) {
        now += afterMillis;
        return state.take(feed.drain(), now);
    }

    private static Change change(long offset, long sentMillis) {
        return new Change(0, offset, sentMillis, Optional.empty(), new Decoded.Rejected("not JSON"));
    }

    @Test
    void whatAReasonSaysOfTheEnvelopeStays() {
        DeadLetter letter = new DeadLetter(
                0,
                0,
                BEGIN,
                "\"after\" is missing, but \"op\" is \"c\" at byte 12",
                Optional.empty(),
                null,
                new byte[0]);

        assertThat(Reasons.kindOf(letter)).isEqualTo("\"after\" is missing, but \"op\" is … at byte …");
    }

    private static DeadLetter letter(String reason) {
        return new DeadLetter(
                0, 0, BEGIN, reason, Optional.of("balance"), null, reason.getBytes(StandardCharsets.UTF_8));
    }
}
