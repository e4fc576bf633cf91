package cdf.change;

import cdf.change.EventDecoder.Outcome;
import cdf.change.ReferenceDecoder.Verdict;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;

/** Random records, decoded by the decoder and by the plain one that is its specification. */
class EventDecoderAgreementTest {
    private static final int RECORDS = 5_000;
    private static final String ALL_TYPES =
            "id STRING, region INT, flag BOOLEAN, balance BIGINT, rate DOUBLE, price DECIMAL(10,2),"
                    + " total DECIMAL(38,8), born DATE, at TIMESTAMP, seen TIMESTAMP(3), exact TIMESTAMP(9), data BINARY";

    @ParameterizedTest
    @CsvSource({
        "id STRING,id",
        "'id STRING, name STRING, balance BIGINT',id",
        "'balance BIGINT, id STRING',balance",
        "'" + ALL_TYPES + "',id",
        "'" + ALL_TYPES + "','region,id'",
        "'" + ALL_TYPES + "','total,data,price,flag,born,seen'"
    })
    void decodesAsTheReferenceDoes(String schema, String key) {
        for (long seed : List.of(1L, System.nanoTime())) {
            assertAgreement(TableSchema.parse(schema, key), seed);
        }
    }

    private static void assertAgreement(TableSchema schema, long seed) {
        RandomRecords records = new RandomRecords(schema, seed);
        EventDecoder decoder = new EventDecoder(schema);
        ReferenceDecoder reference = new ReferenceDecoder(schema);
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        for (int record = 0; record < RECORDS; record++) {
            byte @Nullable [] key = records.key();
            byte @Nullable [] value = records.value();

            Verdict decoded = decode(schema, decoder, key, value);

            assertThat(decoded)
                    .as(() -> "seed %d, %s, key %s, value %s, %s"
                            .formatted(
                                    seed,
                                    schema,
                                    text(key),
                                    text(value),
                                    decoded.outcome() == Outcome.REJECTED ? decoder.reason() : ""))
                    .isEqualTo(reference.decode(key, value));
            outcomes.merge(decoded.outcome(), 1, Integer::sum);
        }
        assertThat(outcomes).as("seed %d", seed).containsOnlyKeys(Outcome.values());
        assertThat(outcomes).as("seed %d", seed).allSatisfy((outcome, count) -> assertThat(count)
                .isGreaterThan(RECORDS / 100));
    }

    /** Whatever a table can take, watch can show. */
    @Test
    void acceptsOnlyWhatTheEnvelopeReaderAccepts() {
        TableSchema schema = TableSchema.parse(ALL_TYPES, "id");
        long seed = System.nanoTime();
        RandomRecords records = new RandomRecords(schema, seed);
        EventDecoder decoder = new EventDecoder(schema);
        EnvelopeReader reader = new EnvelopeReader();
        for (int record = 0; record < RECORDS; record++) {
            byte @Nullable [] value = records.value();

            Outcome outcome = decoder.decode(null, value);

            if (outcome != Outcome.REJECTED) {
                assertThat(reader.read(value, 0))
                        .as(() -> "seed %d: %s".formatted(seed, text(value)))
                        .isInstanceOf(Decoded.Accepted.class);
            }
        }
    }

    private static Verdict decode(
            TableSchema schema, EventDecoder decoder, byte @Nullable [] key, byte @Nullable [] value) {
        Outcome outcome = decoder.decode(key, value);
        return switch (outcome) {
            case UPSERT, DELETE -> new Verdict(outcome, DecodedRow.of(schema, decoder.row()), Optional.empty());
            case TRUNCATE, IGNORED -> Verdict.of(outcome);
            case REJECTED -> {
                assertThat(decoder.reason()).isNotBlank().hasLineCount(1);
                yield new Verdict(outcome, Map.of(), decoder.columnAtFault());
            }
        };
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }
}
