package cdf.dashboard;

import cdf.dashboard.Health.State;
import org.jspecify.annotations.Nullable;

import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Says how the pipeline is, from what happened and from the state that it has come to. Not thread-safe. */
final class HealthJudge implements PipelineListener {
    /** A table further behind than this is worth a word. */
    private static final double BEHIND_MILLIS = 10_000;

    /** When events wait, and no commit comes for so long, something is wrong. */
    private static final long STALLED_MILLIS = 30_000;

    /** When nothing comes for so long, the pipeline is idle. */
    private static final long IDLE_MILLIS = 5_000;

    private record Failure(String problem, String hint) {}

    private boolean started;
    private boolean startedBefore;
    private boolean measured;
    private Optional<String> away = Optional.empty();
    private boolean missing;
    private String indexing = "";
    private @Nullable Failure failure;
    private boolean ended;
    private long lastCommitMillis;
    private long lastGrowthMillis;
    private double lastTopicEvents = Double.NaN;
    private Health last = new Health(State.STARTING, 0, "", "");

    @Override
    public void indexing(long atMillis, long rows, long of) {
        indexing = String.format(Locale.ROOT, ": reads the table's keys, %,d of %,d rows", rows, of);
    }

    @Override
    public void started(long atMillis, Map<Integer, Long> positions) {
        startedBefore = started;
        started = true;
        lastCommitMillis = atMillis;
    }

    @Override
    public void committed(long atMillis, Batch batch) {
        lastCommitMillis = atMillis;
    }

    @Override
    public void measured(long atMillis, Map<Integer, Long> endOffsets, Duration oldestWaiting) {
        away = Optional.empty();
        missing = false;
        measured = true;
    }

    @Override
    public void topicMissing(long atMillis) {
        away = Optional.empty();
        missing = true;
    }

    @Override
    public void brokerAway(long atMillis, String problem) {
        away = Optional.of(problem);
    }

    @Override
    public void ended(long atMillis) {
        ended = true;
    }

    @Override
    public void failed(long atMillis, String problem, String hint) {
        failure = new Failure(problem, hint);
    }

    /** Whether applying has begun. */
    boolean started() {
        return started;
    }

    /** Whether applying had begun already when it last began. */
    boolean startedBefore() {
        return startedBefore;
    }

    Health judge(long nowMillis, PipelineState state) {
        if (state.topicEvents() != lastTopicEvents && !Double.isNaN(state.topicEvents())) {
            lastGrowthMillis = nowMillis;
            lastTopicEvents = state.topicEvents();
        }
        Health now = now(nowMillis, state);
        boolean lasts = last.sinceMillis() > 0 && last.state() == now.state();
        long since = lasts ? last.sinceMillis() : nowMillis;
        last = new Health(now.state(), since, now.text(), now.advice());
        return last;
    }

    private Health now(long nowMillis, PipelineState state) {
        String topic = state.names().topic();
        if (failure != null) {
            return new Health(State.FAILED, nowMillis, "Stopped: " + failure.problem(), failure.hint());
        }
        if (ended) {
            return new Health(
                    State.ENDED,
                    nowMillis,
                    "Ended: nothing is applied any more",
                    "Start cdf again; it goes on from here.");
        }
        if (away.isPresent()) {
            return new Health(
                    State.BROKER_AWAY,
                    nowMillis,
                    "Broker away: " + away.get(),
                    "See that it runs and can be reached. Nothing is lost; applying goes on by itself.");
        }
        if (missing) {
            return new Health(
                    State.TOPIC_MISSING,
                    nowMillis,
                    "Waiting: the topic " + topic + " does not exist yet",
                    "Write something to it, as cdf generate does.");
        }
        if (!started || !measured) {
            return new Health(State.STARTING, nowMillis, "Starting" + indexing, "");
        }
        double lagMillis = state.lagMillis();
        long waiting = state.waiting();
        if (waiting > 0 && nowMillis - lastCommitMillis > STALLED_MILLIS) {
            return new Health(
                    State.STALLED,
                    nowMillis,
                    Texts.count(waiting, "event") + " wait, and there was no commit for "
                            + Texts.duration(Duration.ofMillis(nowMillis - lastCommitMillis)),
                    "See what the terminal of cdf says; if nothing, run it again with --debug.");
        }
        if (waiting > 0 && lagMillis > BEHIND_MILLIS) {
            return behind(nowMillis, state, lagMillis, waiting);
        }
        Verification verification = state.verification();
        if (verification.last().isPresent() && verification.last().get().different()) {
            return new Health(
                    State.DIFFERENT,
                    nowMillis,
                    "The table is not what the topic adds up to",
                    "See the verification below; cdf verify lists the rows.");
        }
        if (state.empty()) {
            return new Health(State.EMPTY, nowMillis, "Ready: there is no event in the topic " + topic + " yet", "");
        }
        if (waiting == 0 && nowMillis - lastGrowthMillis > IDLE_MILLIS) {
            return new Health(State.IDLE, nowMillis, "Idle: everything is in the table, and nothing new comes", "");
        }
        return new Health(
                State.HEALTHY,
                nowMillis,
                lagMillis == 0
                        ? "Healthy: the table has everything that is in the topic"
                        : "Healthy: the table is " + Texts.duration(Duration.ofMillis((long) lagMillis))
                                + " behind the topic",
                "");
    }

    private static Health behind(long nowMillis, PipelineState state, double lagMillis, long waiting) {
        double gainPerSecond = state.tablePerSecond() - state.topicPerSecond();
        String advice = gainPerSecond > 0
                ? "It catches up, and is there in about "
                        + Texts.duration(Duration.ofMillis((long) (waiting / gainPerSecond * 1000))) + "."
                : "More comes in than is applied: if it stays so, apply on a machine with more cores.";
        return new Health(
                State.BEHIND,
                nowMillis,
                "Behind: the table is " + Texts.duration(Duration.ofMillis((long) lagMillis)) + " and "
                        + Texts.count(waiting, "event") + " behind the topic",
                advice);
    }
}
