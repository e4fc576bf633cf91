package cdf.cli;

import cdf.change.EnvelopeReader;
import cdf.lake.WatchedRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class PrettyChangeFormatTest {
    private final ChangeFormat format = new PrettyChangeFormat("users", false, ZoneOffset.UTC);

    @Test
    void aCreateShowsTheWholeRow() {
        assertThat(line("{'op':'c','ts_ms':1000,'before':null,'after':{'id':'a1','name':'Ada','balance':512}}"))
                .isEqualTo("00:00:01.000  create     a1  name Ada  balance 512");
    }

    @Test
    void anUpdateShowsOnlyWhatChanged() {
        assertThat(line("{'op':'u','ts_ms':0,'before':{'id':'a1','name':'Ada','balance':512},"
                        + "'after':{'id':'a1','name':'Ada','balance':533}}"))
                .isEqualTo("00:00:00.000  update     a1  balance 512 → 533");
    }

    @Test
    void anUpdateWithoutTheRowBeforeShowsTheWholeRow() {
        assertThat(line("{'op':'u','ts_ms':0,'after':{'id':'a1','name':'Ada'}}"))
                .isEqualTo("00:00:00.000  update     a1  name Ada");
    }

    @Test
    void aColumnThatComesOrGoesIsAChange() {
        assertThat(line("{'op':'u','ts_ms':0,'before':{'id':'a1','old':1},'after':{'id':'a1','new':null}}"))
                .endsWith("new → null  old gone");
    }

    @Test
    void aDeleteShowsTheRowThatIsGone() {
        assertThat(line("{'op':'d','ts_ms':0,'before':{'id':'a1','name':'Ada'},'after':null}"))
                .isEqualTo("00:00:00.000  delete     a1  name Ada");
    }

    @Test
    void aRowWithoutAnIdIsNamedByItsKey() {
        assertThat(line("{'op':'c','ts_ms':0,'after':{'n':1}}")).contains("  the-key  n 1");
        assertThat(format.line(record(null))).isEqualTo("00:00:00.007  tombstone  the-key");
    }

    @Test
    void anUnreadableRecordShowsItsPlaceAndTheReason() {
        assertThat(line("[1]")).isEqualTo("00:00:00.007  rejected   users-3@42  not a JSON object but an array");
    }

    @Test
    void idsAreAligned() {
        line("{'op':'c','ts_ms':0,'after':{'id':'a-longer-id','n':1}}");

        assertThat(line("{'op':'c','ts_ms':0,'after':{'id':'short','n':2}}")).endsWith("  short        n 2");
    }

    @Test
    void aRowCannotSteerTheTerminal() {
        assertThat(line("{'op':'c','ts_ms':0,'after':{'id':'a\\u001b[31m','na\\nme':'\\u202e\\u0007'}}"))
                .endsWith("a\\u001b[31m  na\\u000ame \\u202e\\u0007");
    }

    @Test
    void coloursTellTheKindsApartOnATerminal() {
        ChangeFormat coloured = new PrettyChangeFormat("users", true, ZoneOffset.UTC);

        assertThat(coloured.line(record("{'op':'d','ts_ms':0,'before':{'id':'a1'}}")))
                .contains("\u001b[31mdelete\u001b[0m");
    }

    private String line(String json) {
        return format.line(record(json));
    }

    private static WatchedRecord record(@Nullable String json) {
        byte[] value = json == null ? null : json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
        return new WatchedRecord(3, 42, 7, Optional.of("the-key"), new EnvelopeReader().read(value, 7));
    }
}
