package cdf.producer;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.Row;
import cdf.change.Value;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/** What a command line of the producer came to. */
record Outcome(int code, String out, String err) {
    static Outcome of(Map<String, String> environment, String... arguments) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = Producer.run(terminal(out, err), environment, arguments);
        return new Outcome(code, out.toString(StandardCharsets.UTF_8), err.toString(StandardCharsets.UTF_8));
    }

    static Outcome of(String... arguments) {
        return of(Map.of(), arguments);
    }

    static Terminal terminal(ByteArrayOutputStream out, ByteArrayOutputStream err) {
        return new Terminal(
                new PrintStream(out, true, StandardCharsets.UTF_8),
                new PrintStream(err, true, StandardCharsets.UTF_8),
                false,
                false,
                false);
    }

    /** The JSON object of the last line. */
    Row summary() {
        List<String> lines = out.lines().toList();
        return row(lines.get(lines.size() - 1));
    }

    long number(String field) {
        return Long.parseLong(text(field));
    }

    String text(String field) {
        Value value = summary().columns().get(field);
        if (value == null) {
            throw new AssertionError("no " + field + " in " + out);
        }
        return value.text();
    }

    /** Reads a JSON object with what the project has for it: as a row. */
    static Row row(String json) {
        Decoded decoded = new EnvelopeReader()
                .read(("{\"op\":\"r\",\"after\":" + json + "}").getBytes(StandardCharsets.UTF_8), 0);
        if (decoded instanceof Decoded.Accepted accepted && accepted.event() instanceof ChangeEvent.RowRead read) {
            return read.row();
        }
        throw new AssertionError("no JSON object but " + json + ": " + decoded);
    }
}
