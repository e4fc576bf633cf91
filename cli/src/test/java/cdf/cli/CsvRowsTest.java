package cdf.cli;

import cdf.change.Row;
import cdf.change.Value;
import org.junit.jupiter.api.Test;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;

class CsvRowsTest {
    @Test
    void fieldsAreQuotedWhereTheyMustBe() {
        assertThat(csv("plain", new Value.Text("a b"), new Value.Json("1.50"))).isEqualTo("plain,n\r\na b,1.50\r\n");
        assertThat(csv("with, comma", new Value.Text("say \"no\""), new Value.Text("two\nlines")))
                .isEqualTo("\"with, comma\",n\r\n\"say \"\"no\"\"\",\"two\nlines\"\r\n");
    }

    @Test
    void nullIsTheEmptyFieldAndTheEmptyTextIsQuoted() {
        assertThat(csv("a", new Value.Null(), new Value.Text(""))).isEqualTo("a,n\r\n,\"\"\r\n");
    }

    private static String csv(String column, Value first, Value second) {
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        PrintStream out = new PrintStream(written, true, StandardCharsets.UTF_8);
        Map<String, Value> values = new LinkedHashMap<>();
        values.put(column, first);
        values.put("n", second);
        CsvRows csv = new CsvRows(out, List.of(column, "n"));
        csv.print(new Row(values));
        csv.finish();
        out.flush();
        return written.toString(StandardCharsets.UTF_8);
    }
}
