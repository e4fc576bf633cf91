package cdf.cli;

import cdf.change.ChangeEvent;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.lake.WatchedRecord;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.nio.charset.StandardCharsets;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

class JsonChangeFormatTest {
    private final ChangeFormat format = new JsonChangeFormat("users");

    @Test
    void placeComesFirstThenTheEnvelopesFields() {
        assertThat(format.line(record("{'op':'d','ts_ms':5,'before':{'id':'a'}}", Optional.of("k\"1"))))
                .isEqualTo("{\"topic\":\"users\",\"partition\":3,\"offset\":42,\"key\":\"k\\\"1\","
                        + "\"op\":\"d\",\"ts_ms\":5,\"before\":{\"id\":\"a\"},\"after\":null}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{'op':'c','ts_ms':5,'after':{'id':'a','n':-0,'e':1e3,'d':1.50,'long':123456789012345678901234567890}}",
                "{'op':'u','ts_ms':5,'before':{'id':null},'after':{'id':'\\n\\u0000\\u001bü€😀\\\\'}}",
                "{'op':'r','ts_ms':-5,'after':{'nested':{'a':[1,{'b':1.0}],'c':true}}}",
                "{'op':'d','ts_ms':5}",
                "{'op':'t','ts_ms':5}",
                "{'op':'m','ts_ms':5}"
            })
    void lineReadsBackAsTheSameEventOnOneLine(String event) {
        WatchedRecord record = record(event, Optional.of("k"));

        String line = format.line(record);

        assertThat(line.lines()).hasSize(1);
        assertThat(read(line)).isEqualTo(record.decoded());
    }

    @Test
    void tombstoneHasNoOperationAndMissingKeyIsNull() {
        assertThat(format.line(record(null, Optional.empty())))
                .isEqualTo("{\"topic\":\"users\",\"partition\":3,\"offset\":42,\"key\":null,"
                        + "\"op\":null,\"ts_ms\":7,\"before\":null,\"after\":null}");
    }

    @Test
    void unreadableRecordHasTheReasonInsteadOfAnEvent() {
        String line = format.line(record("[1]", Optional.of("k")));

        assertThat(line)
                .isEqualTo("{\"topic\":\"users\",\"partition\":3,\"offset\":42,\"key\":\"k\","
                        + "\"rejected\":\"not a JSON object but an array\"}");
    }

    @Test
    void eventWithoutTimeHasTheRecords() {
        Decoded read = read(format.line(record("{'op':'t'}", Optional.empty())));

        assertThat(((Decoded.Accepted) read).event()).isEqualTo(new ChangeEvent.TableTruncated(7));
    }

    private static WatchedRecord record(@Nullable String json, Optional<String> key) {
        return new WatchedRecord(3, 42, 7, key, read(json == null ? null : json.replace('\'', '"')));
    }

    private static Decoded read(@Nullable String json) {
        return new EnvelopeReader().read(json == null ? null : json.getBytes(StandardCharsets.UTF_8), 7);
    }
}
