package cdf.dashboard;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.Row;
import cdf.change.Value;
import cdf.dashboard.Batch.Counts;
import cdf.dashboard.PipelineFeed.Numbered;
import cdf.dashboard.PipelineState.CommittedBatch;
import cdf.dashboard.PipelineState.News;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** The page's JSON: the status, and what is new. Times are milliseconds since 1970; null is for what nobody knows. */
final class Frames {
    private static final JsonFactory JSON = new JsonFactory();

    /** The longest text of a value that the page gets: a row may hold megabytes. */
    private static final int LONGEST_VALUE = 300;

    private Frames() {}

    /** The status alone. */
    static byte[] status(PipelineState state, Collection<Pipeline> all, long nowMillis) {
        return json(json -> writeStatus(json, state, all, nowMillis));
    }

    /** The status and what is new, or the whole of what is kept. */
    static byte[] frame(PipelineState state, News news, boolean whole, Collection<Pipeline> all, long nowMillis) {
        return json(json -> {
            json.writeBooleanField("whole", whole);
            json.writeObjectFieldStart("status");
            writeStatus(json, state, all, nowMillis);
            json.writeEndObject();
            writeAll(json, "changes", news.changes(), Frames::writeChange);
            writeAll(json, "batches", news.batches(), Frames::writeBatch);
            writeAll(json, "marks", news.marks(), Frames::writeMark);
            writeAll(json, "deadLetters", news.deadLetters(), Frames::writeDeadLetter);
            writeAll(json, "points", news.points(), Frames::writePoint);
        });
    }

    private interface Fields {
        void writeTo(JsonGenerator json) throws IOException;
    }

    private interface Writer<T> {
        void write(JsonGenerator json, T value) throws IOException;
    }

    private static byte[] json(Fields fields) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (JsonGenerator json = JSON.createGenerator(bytes)) {
            json.writeStartObject();
            fields.writeTo(json);
            json.writeEndObject();
        } catch (IOException impossible) {
            throw new UncheckedIOException("writing to memory failed", impossible);
        }
        return bytes.toByteArray();
    }

    private static <T> void writeAll(JsonGenerator json, String name, List<T> values, Writer<T> writer)
            throws IOException {
        json.writeArrayFieldStart(name);
        for (T value : values) {
            writer.write(json, value);
        }
        json.writeEndArray();
    }

    private static void writeStatus(JsonGenerator json, PipelineState state, Collection<Pipeline> all, long nowMillis)
            throws IOException {
        json.writeNumberField("run", state.runMillis());
        json.writeNumberField("at", nowMillis);
        json.writeStringField("broker", state.names().broker());
        json.writeStringField("topic", state.names().topic());
        json.writeStringField("table", state.names().table());
        writeHealth(json, state.health());
        writeNumber(json, "topicEvents", state.topicEvents());
        writeNumber(json, "topicPerSecond", state.topicPerSecond());
        writeNumber(json, "tablePerSecond", state.tablePerSecond());
        writeLatency(json, state.latency());
        writeNumber(json, "lagEvents", state.lagEvents());
        writeNumber(json, "lagMillis", state.lagMillis());
        writeCounts(json, state.counts());
        writeNumber(json, "rows", state.tableVersion() < 0 ? Double.NaN : state.rows());
        writeNumber(json, "tableVersion", state.tableVersion() < 0 ? Double.NaN : state.tableVersion());
        json.writeNumberField("compactions", state.compactions());
        json.writeNumberField("restarts", state.restarts());
        json.writeNumberField("seen", state.reported());
        json.writeNumberField("skipped", state.skipped());
        json.writeObjectFieldStart("kinds");
        for (Map.Entry<Change.Kind, Long> kind : state.kinds().entrySet()) {
            json.writeNumberField(word(kind.getKey()), kind.getValue());
        }
        json.writeEndObject();
        json.writeArrayFieldStart("reasons");
        for (Reasons.Count count : state.reasons()) {
            json.writeStartObject();
            json.writeStringField("reason", count.reason());
            json.writeNumberField("letters", count.letters());
            json.writeEndObject();
        }
        json.writeEndArray();
        writeVerification(json, state.verification());
        if (all.size() > 1) {
            writeTables(json, all);
        }
    }

    /** How each of several tables is. */
    private static void writeTables(JsonGenerator json, Collection<Pipeline> all) throws IOException {
        json.writeArrayFieldStart("tables");
        for (Pipeline each : all) {
            PipelineState state = each.state();
            json.writeStartObject();
            json.writeStringField("topic", state.names().topic());
            json.writeStringField("state", word(state.health().state()));
            json.writeStringField("level", word(state.health().state().level()));
            json.writeStringField("text", state.health().text());
            writeNumber(json, "lagEvents", state.lagEvents());
            writeNumber(json, "lagMillis", state.lagMillis());
            json.writeEndObject();
        }
        json.writeEndArray();
    }

    private static void writeHealth(JsonGenerator json, Health health) throws IOException {
        json.writeObjectFieldStart("health");
        json.writeStringField("state", word(health.state()));
        json.writeStringField("level", word(health.state().level()));
        json.writeNumberField("since", health.sinceMillis());
        json.writeStringField("text", health.text());
        json.writeStringField("advice", health.advice());
        json.writeEndObject();
    }

    private static void writeLatency(JsonGenerator json, Latencies.Percentiles latency) throws IOException {
        json.writeObjectFieldStart("latencyMillis");
        writeNumber(json, "p50", latency.p50());
        writeNumber(json, "p95", latency.p95());
        writeNumber(json, "p99", latency.p99());
        json.writeEndObject();
    }

    private static void writeCounts(JsonGenerator json, Counts counts) throws IOException {
        json.writeNumberField("read", counts.read());
        json.writeNumberField("applied", counts.applied());
        json.writeNumberField("superseded", counts.superseded());
        json.writeNumberField("ignored", counts.ignored());
        json.writeNumberField("deadLettered", counts.deadLettered());
    }

    private static void writeVerification(JsonGenerator json, Verification verification) throws IOException {
        json.writeObjectFieldStart("verification");
        json.writeBooleanField("available", verification.available());
        json.writeBooleanField("running", verification.running());
        if (verification.last().isPresent()) {
            Verification.Outcome outcome = verification.last().get();
            json.writeNumberField("at", outcome.atMillis());
            json.writeStringField("message", outcome.message());
            if (outcome.verdict().isPresent()) {
                Verdict verdict = outcome.verdict().get();
                json.writeBooleanField("verified", verdict.verified());
                json.writeNumberField("rows", verdict.rows());
                json.writeNumberField("millis", verdict.time().toMillis());
                json.writeNumberField("differences", verdict.differences());
            }
        }
        json.writeEndObject();
    }

    private static void writeChange(JsonGenerator json, Numbered numbered) throws IOException {
        Change change = numbered.change();
        json.writeStartObject();
        json.writeNumberField("number", numbered.number());
        json.writeNumberField("partition", change.partition());
        json.writeNumberField("offset", change.offset());
        json.writeStringField("kind", word(change.kind()));
        json.writeStringField("id", shortened(change.id()));
        if (change.decoded() instanceof Decoded.Accepted accepted) {
            ChangeEvent event = accepted.event();
            json.writeNumberField("at", event.timestampMillis());
            writeRow(json, "before", event.before());
            writeRow(json, "after", event.after());
        } else if (change.decoded() instanceof Decoded.Rejected rejected) {
            json.writeNumberField("at", change.timestampMillis());
            json.writeStringField("reason", shortened(rejected.reason()));
        }
        json.writeEndObject();
    }

    private static void writeRow(JsonGenerator json, String name, Optional<Row> row) throws IOException {
        if (row.isEmpty()) {
            return;
        }
        json.writeArrayFieldStart(name);
        for (Map.Entry<String, Value> column : row.get().columns().entrySet()) {
            json.writeStartArray();
            json.writeString(shortened(column.getKey()));
            json.writeString(shortened(column.getValue().text()));
            json.writeEndArray();
        }
        json.writeEndArray();
    }

    private static void writeBatch(JsonGenerator json, CommittedBatch committed) throws IOException {
        Batch batch = committed.batch();
        json.writeStartObject();
        json.writeNumberField("at", committed.atMillis());
        json.writeNumberField("version", batch.tableVersion());
        json.writeNumberField("rows", batch.rows());
        writeCounts(json, batch.counts());
        json.writeObjectFieldStart("stages");
        for (Map.Entry<String, Duration> stage : batch.stages().entrySet()) {
            writeNumber(json, stage.getKey(), stage.getValue().toNanos() / 1e6);
        }
        json.writeEndObject();
        json.writeEndObject();
    }

    private static void writeMark(JsonGenerator json, Mark mark) throws IOException {
        json.writeStartObject();
        json.writeNumberField("at", mark.atMillis());
        json.writeStringField("kind", word(mark.kind()));
        json.writeStringField("text", mark.text());
        json.writeEndObject();
    }

    private static void writeDeadLetter(JsonGenerator json, DeadLetter letter) throws IOException {
        json.writeStartObject();
        json.writeNumberField("partition", letter.partition());
        json.writeNumberField("offset", letter.offset());
        json.writeNumberField("at", letter.timestampMillis());
        json.writeStringField("reason", shortened(letter.reason()));
        json.writeStringField("kind", Reasons.kindOf(letter));
        writeBytes(json, "key", letter.key());
        writeBytes(json, "value", letter.value());
        json.writeEndObject();
    }

    private static void writeBytes(JsonGenerator json, String name, Optional<DeadLetter.Bytes> bytes)
            throws IOException {
        if (bytes.isPresent()) {
            json.writeObjectFieldStart(name);
            json.writeBinaryField("base64", bytes.get().kept());
            json.writeNumberField("length", bytes.get().length());
            json.writeEndObject();
        }
    }

    private static void writePoint(JsonGenerator json, Point point) throws IOException {
        json.writeStartArray();
        json.writeNumber(point.atMillis());
        for (double value : new double[] {
            point.topicPerSecond(),
            point.tablePerSecond(),
            point.latency().p50(),
            point.latency().p95(),
            point.latency().p99(),
            point.lagMillis(),
            point.lagEvents()
        }) {
            writeNumber(json, value);
        }
        json.writeEndArray();
    }

    private static void writeNumber(JsonGenerator json, String name, double value) throws IOException {
        json.writeFieldName(name);
        writeNumber(json, value);
    }

    private static void writeNumber(JsonGenerator json, double value) throws IOException {
        if (Double.isNaN(value)) {
            json.writeNull();
        } else if (value == Math.rint(value)) {
            json.writeNumber((long) value);
        } else {
            json.writeNumber(Math.rint(value * 10) / 10);
        }
    }

    private static String shortened(String text) {
        return text.length() <= LONGEST_VALUE ? text : text.substring(0, LONGEST_VALUE) + "…";
    }

    private static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
}
