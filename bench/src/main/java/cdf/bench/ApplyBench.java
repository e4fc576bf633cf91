package cdf.bench;

import cdf.change.TableSchema;
import cdf.kafka.Topics;
import cdf.lake.Apply;
import cdf.lake.ApplyListener;
import cdf.lake.ApplySettings;
import cdf.lake.ApplySummary;
import cdf.lake.LocalSpark;
import org.apache.spark.sql.SparkSession;

import java.nio.file.Path;
import java.util.Optional;

/**
 * What the parts of {@code bench/apply} share.
 *
 * @param directory where tables may lie; it is deleted at the end
 */
record ApplyBench(Topics topics, LocalSpark spark, Path directory, ApplyReport report) {
    /** The table of users that the generator changes. */
    static final TableSchema SCHEMA = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");

    SparkSession session() {
        return spark.session();
    }

    /** Where a table of this name lies. */
    String table(String name) {
        return directory.resolve(name).toString();
    }

    /** Applies what a topic has, in batches of at most so many events. */
    ApplySummary applyOnce(String topic, String table, long maxBatchEvents, ApplyListener listener) {
        return new Apply(topics, settings(topic, table, true, maxBatchEvents), listener).run(session());
    }

    static ApplySettings settings(String topic, String table, boolean once, long maxBatchEvents) {
        return new ApplySettings(
                topic,
                SCHEMA,
                table,
                Optional.empty(),
                once,
                ApplySettings.DEFAULT_TRIGGER,
                maxBatchEvents,
                Optional.empty());
    }
}
