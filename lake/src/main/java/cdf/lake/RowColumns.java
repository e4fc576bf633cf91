package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.change.Row;
import cdf.change.Value;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;

import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;

/**
 * How the rows of a table are shown. Numbers keep their digits, also those of a DECIMAL after the point; NaN and the
 * infinities are text, as JSON has no numbers for them; a DATE is {@code 2026-02-28}; a TIMESTAMP is UTC with no, three or
 * six digits of a fraction, {@code 2026-02-28T23:59:59.999999Z}; BINARY is base64 (RFC 4648, section 4).
 */
final class RowColumns {
    private static final Value NULL = new Value.Null();

    /** The types whose values Java writes as JSON does. */
    private static final Set<DataType> AS_JSON = Set.of(
            DataTypes.BooleanType, DataTypes.ByteType, DataTypes.ShortType, DataTypes.IntegerType, DataTypes.LongType);

    private static final Set<DataType> FLOATING = Set.of(DataTypes.FloatType, DataTypes.DoubleType);

    private final List<StructField> fields;
    private final List<Function<Object, Value>> encodings;

    /** @throws CdfException if a column has a type that cdf does not know */
    RowColumns(StructType type) {
        fields = List.of(type.fields());
        encodings = fields.stream().map(RowColumns::encoding).toList();
    }

    List<String> names() {
        return fields.stream().map(StructField::name).toList();
    }

    /** What to select for {@link #row}: times as numbers, for Spark's own objects depend on time zone and calendar. */
    List<Column> selected() {
        return fields.stream().map(RowColumns::selected).toList();
    }

    /** Reads rows of the {@link #selected} columns. */
    Iterator<Row> rows(Iterator<org.apache.spark.sql.Row> selected) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return selected.hasNext();
            }

            @Override
            public Row next() {
                return row(selected.next(), 0);
            }
        };
    }

    /**
     * Reads a row.
     *
     * @param first where the {@link #selected} columns begin in it
     */
    Row row(org.apache.spark.sql.Row selected, int first) {
        Map<String, Value> values = new LinkedHashMap<>();
        for (int column = 0; column < fields.size(); column++) {
            values.put(
                    fields.get(column).name(),
                    selected.isNullAt(first + column)
                            ? NULL
                            : encodings.get(column).apply(selected.get(first + column)));
        }
        return new Row(values);
    }

    /** The column of a name, whatever characters the name has. */
    static Column column(String name) {
        return functions.col("`" + name.replace("`", "``") + "`");
    }

    private static Column selected(StructField field) {
        Column column = column(field.name());
        if (field.dataType().equals(DataTypes.TimestampType)) {
            return functions.unix_micros(column);
        }
        return field.dataType().equals(DataTypes.DateType) ? functions.unix_date(column) : column;
    }

    private static Function<Object, Value> encoding(StructField field) {
        DataType type = field.dataType();
        if (type instanceof StringType) {
            return text -> new Value.Text((String) text);
        }
        if (AS_JSON.contains(type)) {
            return value -> new Value.Json(value.toString());
        }
        if (FLOATING.contains(type)) {
            return number -> Double.isFinite(((Number) number).doubleValue())
                    ? new Value.Json(number.toString())
                    : new Value.Text(number.toString());
        }
        if (type instanceof DecimalType) {
            return number -> new Value.Json(((BigDecimal) number).toPlainString());
        }
        if (type.equals(DataTypes.DateType)) {
            return days -> new Value.Text(LocalDate.ofEpochDay((Integer) days).toString());
        }
        if (type.equals(DataTypes.TimestampType)) {
            return micros -> new Value.Text(
                    Instant.EPOCH.plus((Long) micros, ChronoUnit.MICROS).toString());
        }
        if (type.equals(DataTypes.BinaryType)) {
            return bytes -> new Value.Text(Base64.getEncoder().encodeToString((byte[]) bytes));
        }
        throw new CdfException(
                ExitCode.FAILED,
                "the column " + field.name() + " is " + type.sql() + ", a type that cdf does not know",
                "read the table with Spark");
    }
}
