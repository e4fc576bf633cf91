package cdf.lake;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class ScenarioTest {
    private static final String VALID = """
            description: A row.
            schema: id STRING
            key: id
            batches:
              - - value: '{"op":"c","after":{"id":"a"}}'
            rows:
              - {id: a}
            feed:
              - - insert: {id: a}
            deadLetters: []
            accounting:
              - {read: 1, applied: 1}
            """;

    @ParameterizedTest
    @ValueSource(strings = {"description", "schema", "key", "batches", "rows", "feed", "deadLetters", "accounting"})
    void everyFieldMustBeThere(String field) {
        String without = VALID.replaceAll("(?m)^" + field + ":.*\\n(?: .*\\n)*", "");

        assertThatThrownBy(() -> Scenario.read(without)).hasMessage("scenario has no " + field);
    }

    @Test
    void unknownFieldsAreRefusedAtEveryDepth() {
        assertThatThrownBy(() -> Scenario.read(VALID + "row: []\n")).hasMessage("scenario has unknown fields: [row]");
        assertThatThrownBy(() -> Scenario.read(VALID.replace("value:", "vlaue:")))
                .hasMessage("scenario.batches[0] has unknown fields: [vlaue]");
        assertThatThrownBy(() -> Scenario.read(VALID.replace("applied: 1", "applied: 1, skipped: 0")))
                .hasMessage("scenario.accounting has unknown fields: [skipped]");
    }

    @Test
    void everyBatchHasItsFeedAndItsAccounting() {
        assertThatThrownBy(() -> Scenario.read(VALID.replace("batches:", "batches:\n  - []")))
                .hasMessageStartingWith("2 batches, but the feed of 1");
    }

    @Test
    void bytesAreWrittenInManyWaysOneAfterTheOther() {
        Scenario scenario = Scenario.read(VALID.replace(
                "- - value: '{\"op\":\"c\",\"after\":{\"id\":\"a\"}}'",
                "- - value: [é, {hex: '00 ff'}, {base64: AQI=}, {repeat: [x, {hex: fe}], times: 2}]"));

        byte[] value = scenario.batches().get(0).get(0).value();

        assertThat(new String(value, StandardCharsets.ISO_8859_1))
                .isEqualTo("\u00c3\u00a9\u0000\u00ff\u0001\u0002x\u00fex\u00fe");
    }
}
