package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.ColumnValues;
import cdf.change.Decoded;
import cdf.change.EnvelopeReader;
import cdf.change.EventDecoder;
import cdf.change.EventDecoder.Outcome;
import cdf.change.SequencePath;
import cdf.change.TableSchema;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

import static org.assertj.core.api.Assertions.assertThat;

/** Random records, decoded by the decoder that tables are made with and by the plain one that they are verified with. */
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
    void bothDecodersSayTheSame(String schema, String key) {
        for (long seed : List.of(1L, System.nanoTime())) {
            assertAgreement(TableSchema.parse(schema, key), Optional.empty(), seed);
            assertAgreement(TableSchema.parse(schema, key), Optional.of("ts_ms"), seed);
        }
    }

    private static void assertAgreement(TableSchema schema, Optional<String> sequenceBy, long seed) {
        RandomRecords records = new RandomRecords(schema, seed);
        EventDecoder decoder = new EventDecoder(schema, sequenceBy.map(SequencePath::parse));
        PlainDecoder plain = new PlainDecoder(schema, sequenceBy);
        Map<Outcome, Integer> outcomes = new EnumMap<>(Outcome.class);
        for (int record = 0; record < RECORDS; record++) {
            byte @Nullable [] key = records.key();
            byte @Nullable [] value = records.value();
            Outcome outcome = decoder.decode(key, value);

            PlainEvent event = plain.decode(key, value);

            assertThat(event)
                    .as(() -> "seed %d, %s, key %s, value %s, %s"
                            .formatted(
                                    seed,
                                    schema,
                                    text(key),
                                    text(value),
                                    outcome == Outcome.REJECTED ? decoder.reason() : ""))
                    .isEqualTo(plainly(schema, plain, decoder, outcome));
            outcomes.merge(outcome, 1, Integer::sum);
        }
        assertThat(outcomes)
                .as("seed %d", seed)
                .containsOnlyKeys(EnumSet.complementOf(EnumSet.of(Outcome.OTHER_SCHEMA)));
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

    /** What the decoder came to, in the words of the plain one. */
    private static PlainEvent plainly(TableSchema schema, PlainDecoder keys, EventDecoder decoder, Outcome outcome) {
        return switch (outcome) {
            case UPSERT -> {
                List<@Nullable Object> row = row(schema, decoder.row());
                List<Integer> unavailable = IntStream.range(0, row.size())
                        .filter(decoder.row()::isUnavailable)
                        .boxed()
                        .toList();
                assertThat(decoder.isPartial()).isEqualTo(!unavailable.isEmpty());
                yield new PlainEvent.Upserted(keys.key(row), row, unavailable, decoder.sequence());
            }
            case DELETE -> new PlainEvent.Deleted(keys.key(row(schema, decoder.row())), decoder.sequence());
            case TRUNCATE -> new PlainEvent.Truncated();
            case IGNORED -> new PlainEvent.Nothing();
            case OTHER_SCHEMA -> throw new AssertionError("the decoder does not learn");
            case REJECTED -> {
                assertThat(decoder.reason()).isNotBlank().hasLineCount(1);
                yield new PlainEvent.Unreadable(decoder.columnAtFault());
            }
        };
    }

    private static List<@Nullable Object> row(TableSchema schema, ColumnValues values) {
        @Nullable Object[] row = new @Nullable Object[schema.columns().size()];
        for (int index = 0; index < row.length; index++) {
            Column column = schema.columns().get(index);
            row[index] = values.isNull(index) ? null : value(column.type(), values, index);
        }
        return Arrays.asList(row);
    }

    private static Object value(ColumnType type, ColumnValues values, int column) {
        return switch (type.kind()) {
            case STRING -> new String(bytes(values, column), StandardCharsets.UTF_8);
            case BINARY -> HexFormat.of().formatHex(bytes(values, column));
            case BOOLEAN -> values.booleanValue(column);
            case INT, DATE -> values.intValue(column);
            case BIGINT, TIMESTAMP -> values.longValue(column);
            case DOUBLE -> values.doubleValue(column);
            case DECIMAL ->
                new BigDecimal(
                        type.isLongDecimal()
                                ? BigInteger.valueOf(values.longValue(column))
                                : values.unscaledValue(column),
                        type.scale());
        };
    }

    private static byte[] bytes(ColumnValues values, int column) {
        return Arrays.copyOfRange(
                values.bytes(column), values.offset(column), values.offset(column) + values.length(column));
    }

    private static String text(byte @Nullable [] bytes) {
        return bytes == null ? "null" : new String(bytes, StandardCharsets.UTF_8);
    }
}
