package cdf.change;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/** The row that a decoder holds, as objects: what is null is left out. Bytes are in hexadecimal. */
final class DecodedRow {
    private DecodedRow() {}

    static Map<String, Object> of(TableSchema schema, ColumnValues row) {
        Map<String, Object> values = new LinkedHashMap<>();
        for (int index = 0; index < schema.columns().size(); index++) {
            if (!row.isNull(index)) {
                Column column = schema.columns().get(index);
                values.put(column.name(), value(column.type(), row, index));
            }
        }
        return values;
    }

    private static Object value(ColumnType type, ColumnValues row, int column) {
        return switch (type.kind()) {
            case STRING -> new String(bytes(row, column), StandardCharsets.UTF_8);
            case BINARY -> HexFormat.of().formatHex(bytes(row, column));
            case BOOLEAN -> row.booleanValue(column);
            case INT -> row.intValue(column);
            case DATE -> row.intValue(column);
            case BIGINT, TIMESTAMP -> row.longValue(column);
            case DOUBLE -> row.doubleValue(column);
            case DECIMAL ->
                new BigDecimal(
                        type.isLongDecimal() ? BigInteger.valueOf(row.longValue(column)) : row.unscaledValue(column),
                        type.scale());
        };
    }

    private static byte[] bytes(ColumnValues row, int column) {
        return Arrays.copyOfRange(row.bytes(column), row.offset(column), row.offset(column) + row.length(column));
    }
}
