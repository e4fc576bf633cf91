package cdf.bench;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import cdf.kafka.KafkaConnection;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.ApplyStep;
import cdf.lake.LocalSpark;

import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Optional;

/**
 * The process that {@link KillHarness} kills: when it is told to, by a byte, it applies a topic, tells every step that it
 * comes to, a line each, and at one of them it may stand still until it is killed.
 */
final class KilledApply {
    static final TableSchema SCHEMA = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");

    /** What a line that tells a step begins with. */
    static final String STEP = "step ";

    /** Says that a run should end when all is applied, and should not be killed. */
    static final String TO_THE_END = "-";

    private KilledApply() {}

    /**
     * Applies.
     *
     * @param arguments bootstrap server, topic, table, checkpoint, events of a batch, the step to stand still at
     */
    public static void main(String[] arguments) {
        String standAt = arguments[5];
        ApplySettings settings = new ApplySettings(
                arguments[1],
                SCHEMA,
                arguments[2],
                Optional.of(arguments[3]),
                standAt.equals(TO_THE_END),
                Duration.ZERO,
                Long.parseLong(arguments[4]),
                Optional.empty());
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        try (Topics topics = connect(new KafkaConnection(arguments[0]));
                LocalSpark spark = LocalSpark.startWithDelta()) {
            if (!awaitInput()) {
                return;
            }
            var unused = new Apply(topics, settings, new Telling(out, standAt)).run(spark.session());
        } catch (CdfException failure) {
            out.println(failure.problem());
            System.exit(failure.exitCode().code());
        }
    }

    /** However long it takes: on a machine that does much else a broker may not answer in time. */
    private static Topics connect(KafkaConnection connection) {
        while (true) {
            try {
                return Topics.connect(connection);
            } catch (CdfException failure) {
                if (failure.exitCode() != ExitCode.BROKER_UNREACHABLE) {
                    throw failure;
                }
            }
        }
    }

    private record Telling(PrintStream out, String standAt) implements ApplyListener {
        @Override
        public void onStep(ApplyStep step) {
            out.println(STEP + step);
            if (step.name().equals(standAt)) {
                throw new IllegalStateException("only a kill should end this: " + awaitInput());
            }
        }
    }

    /** Waits for a byte, or for the end of the process that could send one. */
    private static boolean awaitInput() {
        try {
            return System.in.read() >= 0;
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }
}
