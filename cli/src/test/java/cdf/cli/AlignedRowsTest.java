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
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class AlignedRowsTest {
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();
    private final AlignedRows rows =
            new AlignedRows(new PrintStream(written, true, StandardCharsets.UTF_8), List.of("id", "n"), Set.of("n"));

    @Test
    void textIsOnTheLeftAndNumbersAreOnTheRight() {
        rows.print(row(new Value.Text("Ada"), new Value.Json("1.50")));
        rows.print(row(new Value.Text("日本"), new Value.Json("-12")));
        rows.print(row(new Value.Null(), new Value.Null()));
        rows.finish();

        assertThat(lines()).containsExactly("id       n", "----  ----", "Ada   1.50", "日本   -12", "null  null");
    }

    @Test
    void aTableWithoutRowsHasAHeader() {
        rows.finish();

        assertThat(lines()).containsExactly("id  n", "--  -");
    }

    @Test
    void aLongValueIsShortenedUnlessItsColumnIsShownWhole() {
        rows.print(row(new Value.Text("x".repeat(61)), new Value.Text("y".repeat(61))));
        rows.finish();

        assertThat(lines().get(2)).isEqualTo("x".repeat(59) + "…  " + "y".repeat(61));
    }

    @Test
    void aValueCannotSteerTheTerminal() {
        rows.print(row(new Value.Text("a\u001b[31m\n"), new Value.Json("true")));
        rows.finish();

        assertThat(lines().get(2)).isEqualTo("a\\u001b[31m\\u000a  true");
    }

    @Test
    void rowsComeBeforeTheLastIsKnown() {
        for (int row = 0; row < 256; row++) {
            rows.print(row(new Value.Text("a"), new Value.Json("1")));
        }
        assertThat(lines()).hasSize(258);

        rows.print(row(new Value.Text("wider than those before"), new Value.Json("1")));

        assertThat(lines().get(258)).isEqualTo("wider than those before  1");
    }

    private List<String> lines() {
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }

    private static Row row(Value id, Value n) {
        Map<String, Value> values = new LinkedHashMap<>();
        values.put("id", id);
        values.put("n", n);
        return new Row(values);
    }
}
