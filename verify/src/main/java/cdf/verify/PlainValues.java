package cdf.verify;

import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.ColumnType.Kind;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.regex.Pattern;

/** Values of columns from JSON, in Debezium's encodings; {@link PlainDecoder} says what they are then. */
final class PlainValues {
    private static final String DECIMAL_NAME = "org.apache.kafka.connect.data.Decimal";
    private static final Pattern DECIMAL = Pattern.compile("-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]+)?");
    private static final Pattern TIMESTAMP =
            Pattern.compile("[-+]?[0-9]+-[0-9-]+T[0-9:]+(:[0-9]+(\\.[0-9]+)?)?(Z|[-+][0-9]+:[0-9:]+)");

    /** What stands for a value that an update left as it was and that the event does not have. */
    private static final String UNAVAILABLE = "__debezium_unavailable_value";

    private static final String UNAVAILABLE_BYTES =
            HexFormat.of().formatHex(UNAVAILABLE.getBytes(StandardCharsets.US_ASCII));

    private static final Set<Object> NESTED_UNAVAILABLE = Set.of(
            "[\"" + UNAVAILABLE + "\"]",
            "{\"" + UNAVAILABLE + "\":\"" + UNAVAILABLE + "\"}",
            "[\"X19kZWJleml1bV91bmF2YWlsYWJsZV92YWx1ZQ==\"]",
            "[95,95,100,101,98,101,122,105,117,109,95,117,110,97,118,97,105,108,97,98,108,101,95,118,97,108,117,101]",
            "[\"" + UUID.nameUUIDFromBytes(UNAVAILABLE.getBytes(StandardCharsets.US_ASCII)) + "\"]");

    private static final int MAX_YEAR = 290_000;
    private static final int MAX_DIGITS = 1_000;
    private static final int MAX_TEXT_SCALE = 16_384;
    private static final int MAX_TEXT_BYTES = 65_536;

    private PlainValues() {}

    /**
     * The value of a column.
     *
     * @param json what the event has, not null
     * @param valueSchema Kafka Connect's schema of it; empty if the event has none
     */
    static Object value(Column column, Object json, Map<?, ?> valueSchema) throws Misfit {
        try {
            return value(column.type(), json, valueSchema);
        } catch (DateTimeException | ArithmeticException | IllegalArgumentException | ClassCastException misfit) {
            throw new Misfit(column);
        }
    }

    /** The same, but a number that the column is too small for is {@linkplain #number itself}. */
    static Object valueOrNumber(Column column, Object json, Map<?, ?> valueSchema) throws Misfit {
        try {
            return value(column, json, valueSchema);
        } catch (Misfit misfit) {
            return switch (column.type().kind()) {
                case INT, BIGINT, DECIMAL ->
                    number(column.type(), exactNumber(json, valueSchema).orElseThrow(() -> misfit));
                case STRING, BOOLEAN, DOUBLE, DATE, TIMESTAMP, BINARY -> throw misfit;
            };
        }
    }

    private static Optional<BigDecimal> exactNumber(Object json, Map<?, ?> valueSchema) {
        try {
            if (json instanceof PlainJson.Numeral number) {
                return Optional.of(new BigDecimal(number.text()));
            }
            return json instanceof String unscaled && name(valueSchema).equals(DECIMAL_NAME)
                    ? Optional.of(new BigDecimal(new BigInteger(base64(unscaled)), scale(0, valueSchema)))
                    : Optional.empty();
        } catch (IllegalArgumentException noNumber) {
            return Optional.empty();
        }
    }

    private static Object value(ColumnType type, Object json, Map<?, ?> valueSchema) {
        return switch (type.kind()) {
            case STRING -> text(json, valueSchema);
            case BOOLEAN -> (Boolean) json;
            case INT -> ((PlainJson.Numeral) json).integer().intValueExact();
            case BIGINT -> Math.multiplyExact(((PlainJson.Numeral) json).longValue(), toMicros(name(valueSchema)));
            case DOUBLE -> doubleValue(json);
            case DECIMAL -> decimal(type, json, valueSchema);
            case DATE -> date(json, name(valueSchema));
            case TIMESTAMP -> timestamp(type, json, name(valueSchema));
            case BINARY -> HexFormat.of().formatHex(base64((String) json));
        };
    }

    /** Times of day are in microseconds, whatever the event counts. */
    private static long toMicros(String name) {
        return switch (name) {
            case "io.debezium.time.Time", "org.apache.kafka.connect.data.Time" -> 1_000;
            default -> 1;
        };
    }

    private static String text(Object json, Map<?, ?> valueSchema) {
        String type = valueSchema.get("type") instanceof String named ? named : "";
        switch (name(valueSchema)) {
            case DECIMAL_NAME -> {
                return json instanceof PlainJson.Numeral number
                        ? number.text()
                        : plainDigits((String) json, scale(0, valueSchema));
            }
            case "io.debezium.data.VariableScaleDecimal" -> {
                Map<?, ?> decimal = (Map<?, ?>) json;
                if (!(decimal.get("scale") instanceof PlainJson.Numeral number)
                        || !(decimal.get("value") instanceof String unscaled)) {
                    throw new IllegalArgumentException();
                }
                int scale = number.integer().intValueExact();
                require(Math.abs((long) scale) <= MAX_TEXT_SCALE);
                return plainDigits(unscaled, scale);
            }
            default -> {
                if (type.equals("array") || type.equals("map") || type.equals("struct")) {
                    return PlainJson.text(json);
                }
                String text = (String) json;
                require(PlainJson.isWhole(text));
                return text;
            }
        }
    }

    private static String plainDigits(String unscaled, int scale) {
        byte[] bytes = base64(unscaled);
        require(bytes.length <= MAX_TEXT_BYTES);
        return new BigDecimal(new BigInteger(bytes), scale).toPlainString();
    }

    private static double doubleValue(Object json) {
        if (json instanceof PlainJson.Numeral number) {
            double value = Double.parseDouble(number.text());
            require(Double.isFinite(value));
            return value;
        }
        require(List.of("NaN", "Infinity", "-Infinity").contains(json));
        return Double.parseDouble((String) json);
    }

    private static BigDecimal decimal(ColumnType type, Object json, Map<?, ?> valueSchema) {
        BigDecimal value;
        if (json instanceof PlainJson.Numeral number) {
            value = new BigDecimal(number.text());
        } else if ("string".equals(valueSchema.get("type"))) {
            require(DECIMAL.matcher((String) json).matches());
            value = new BigDecimal((String) json);
        } else {
            value = new BigDecimal(new BigInteger(base64((String) json)), scale(type.scale(), valueSchema));
        }
        require(value.signum() == 0 || Math.abs((long) value.precision() - value.scale()) < MAX_DIGITS);
        BigDecimal scaled = value.setScale(type.scale(), RoundingMode.UNNECESSARY);
        require(scaled.precision() <= type.precision());
        return scaled;
    }

    /** The scale of a value in bytes: what the schema says, or else another. */
    private static int scale(int otherwise, Map<?, ?> valueSchema) {
        return valueSchema.get("parameters") instanceof Map<?, ?> parameters
                        && parameters.get("scale") instanceof String scale
                        && scale.matches("-?\\d{1,3}")
                ? Integer.parseInt(scale)
                : otherwise;
    }

    private static String name(Map<?, ?> valueSchema) {
        return valueSchema.get("name") instanceof String name ? name : "";
    }

    private static int date(Object json, String name) {
        require(
                switch (name) {
                    case "",
                            "io.debezium.time.Date",
                            "io.debezium.time.IsoDate",
                            "org.apache.kafka.connect.data.Date" -> true;
                    default -> false;
                });
        if (json instanceof PlainJson.Numeral days) {
            return days.integer().intValueExact();
        }
        LocalDate date = LocalDate.parse((String) json);
        require(Math.abs(date.getYear()) <= MAX_YEAR);
        return Math.toIntExact(date.toEpochDay());
    }

    private static long timestamp(ColumnType type, Object json, String name) {
        int toMicros =
                switch (name) {
                    case "", "io.debezium.time.ZonedTimestamp", "io.debezium.time.IsoTimestamp" -> 6 - type.precision();
                    case "io.debezium.time.Timestamp", "org.apache.kafka.connect.data.Timestamp" -> 3;
                    case "io.debezium.time.MicroTimestamp" -> 0;
                    case "io.debezium.time.NanoTimestamp" -> -3;
                    default -> throw new IllegalArgumentException();
                };
        if (json instanceof PlainJson.Numeral number) {
            return BigDecimal.valueOf(number.longValue())
                    .scaleByPowerOfTen(toMicros)
                    .longValueExact();
        }
        String text = (String) json;
        require(TIMESTAMP.matcher(text).matches());
        OffsetDateTime time = OffsetDateTime.parse(text, DateTimeFormatter.ISO_OFFSET_DATE_TIME);
        require(Math.abs(time.getYear()) <= MAX_YEAR && time.getNano() % 1_000 == 0);
        return time.toEpochSecond() * 1_000_000 + time.getNano() / 1_000;
    }

    private static byte[] base64(String text) {
        byte[] bytes = Base64.getDecoder().decode(text);
        require(Base64.getEncoder().encodeToString(bytes).equals(text));
        return bytes;
    }

    private static void require(boolean sound) {
        if (!sound) {
            throw new IllegalArgumentException();
        }
    }

    /** A number as a column has it; where that is too small for it, the number without zeros at its end. */
    static Object number(ColumnType type, BigDecimal number) {
        BigDecimal shortest = number.stripTrailingZeros();
        try {
            return switch (type.kind()) {
                case INT -> shortest.intValueExact();
                case BIGINT -> shortest.longValueExact();
                case DECIMAL -> shortest.setScale(type.scale(), RoundingMode.UNNECESSARY);
                case STRING, BOOLEAN, DOUBLE, DATE, TIMESTAMP, BINARY ->
                    throw new IllegalStateException("no number: " + type);
            };
        } catch (ArithmeticException tooSmall) {
            return shortest;
        }
    }

    /** Whether a value stands for one that the event does not have. */
    static boolean isUnavailable(Kind kind, Object value) {
        return switch (kind) {
            case STRING -> value.equals(UNAVAILABLE) || NESTED_UNAVAILABLE.contains(value);
            case BINARY -> value.equals(UNAVAILABLE_BYTES);
            case BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL, DATE, TIMESTAMP -> false;
        };
    }
}
