package cdf.lake;

import cdf.change.Column;
import cdf.change.ColumnType;
import cdf.change.ColumnValues;
import cdf.change.KeyHash;
import cdf.change.TableSchema;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.UnsafeRow;
import org.apache.spark.sql.catalyst.expressions.codegen.UnsafeRowWriter;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.Decimal;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.jspecify.annotations.Nullable;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.stream.Collectors;

/** The columns of a table in Spark's types: what rows are written as, and read back to find their keys. */
final class TableColumns {
    /** The number of a row's last change: the last column of a table whose changes are ordered by one. */
    static final String SEQUENCE = "_sequence";

    private static final int USUAL_ROW_BYTES = 256;

    private TableColumns() {}

    /** The table's columns; all may be null, also those of the key, which the decoder requires. */
    static StructType structType(TableSchema schema) {
        StructType type = new StructType();
        for (Column column : schema.columns()) {
            type = type.add(column.name(), dataType(column.type()));
        }
        return type;
    }

    /** The table's columns, with that of the sequence if its changes have one. */
    static StructType structType(TableSchema schema, boolean sequenced) {
        return sequenced ? structType(schema).add(SEQUENCE, DataTypes.LongType) : structType(schema);
    }

    /** A table's columns as a schema's text has them, but for that of the sequence, if there is one. */
    static String ddl(StructType type, boolean sequenced) {
        return Arrays.stream(type.fields())
                .filter(field -> !sequenced || !field.name().equals(SEQUENCE))
                .map(field -> "`" + field.name() + "` " + field.dataType().sql())
                .collect(Collectors.joining(", "));
    }

    /** Whether the columns of the key are where a table has them, with the same names and types. */
    static boolean haveTheKey(StructType table, TableSchema schema) {
        return schema.key().stream().allMatch(index -> {
            Column column = schema.columns().get(index);
            return index < table.length()
                    && table.fields()[index].name().equals(column.name())
                    && table.fields()[index].dataType().equals(dataType(column.type()));
        });
    }

    private static DataType dataType(ColumnType type) {
        return switch (type.kind()) {
            case STRING -> DataTypes.StringType;
            case BOOLEAN -> DataTypes.BooleanType;
            case INT -> DataTypes.IntegerType;
            case BIGINT -> DataTypes.LongType;
            case DOUBLE -> DataTypes.DoubleType;
            case DECIMAL -> DataTypes.createDecimalType(type.precision(), type.scale());
            case DATE -> DataTypes.DateType;
            case TIMESTAMP -> DataTypes.TimestampType;
            case BINARY -> DataTypes.BinaryType;
        };
    }

    /** Writes decoded rows in Spark's row format. Not thread-safe. */
    static final class RowWriter {
        private final TableSchema schema;
        private final UnsafeRowWriter writer;

        private final boolean sequenced;

        /** @param sequenced whether the table has the column of the sequence */
        RowWriter(TableSchema schema, boolean sequenced) {
            this.schema = schema;
            this.sequenced = sequenced;
            writer = new UnsafeRowWriter(schema.columns().size() + (sequenced ? 1 : 0), USUAL_ROW_BYTES);
        }

        /** The row, until the next one is written; unavailable values are null. */
        UnsafeRow write(ColumnValues values, long sequence) {
            return write(values, sequence, null);
        }

        /**
         * The row, until the next one is written.
         *
         * @param earlier the row that has the values that are unavailable; if there is none, they are null
         */
        UnsafeRow write(ColumnValues values, long sequence, @Nullable UnsafeRow earlier) {
            writer.reset();
            writer.zeroOutNullBytes();
            for (int column = 0; column < schema.columns().size(); column++) {
                ColumnType type = schema.columns().get(column).type();
                if (earlier != null && values.isUnavailable(column) && !earlier.isNullAt(column)) {
                    writer.write(column, earlier.getBinary(column)); // a STRING or BINARY
                } else if (values.isNull(column)) {
                    setNull(column, type);
                } else {
                    write(column, type, values);
                }
            }
            if (sequenced) {
                writer.write(schema.columns().size(), sequence);
            }
            return writer.getRow();
        }

        private void setNull(int column, ColumnType type) {
            if (type.kind() == ColumnType.Kind.DECIMAL && !type.isLongDecimal()) {
                // Spark keeps room for a long decimal even where there is none.
                writer.write(column, (Decimal) null, type.precision(), type.scale());
            } else {
                writer.setNullAt(column);
            }
        }

        private void write(int column, ColumnType type, ColumnValues values) {
            switch (type.kind()) {
                case STRING, BINARY ->
                    writer.write(column, values.bytes(column), values.offset(column), values.length(column));
                case BOOLEAN -> writer.write(column, values.booleanValue(column));
                case INT, DATE -> writer.write(column, values.intValue(column));
                case BIGINT, TIMESTAMP -> writer.write(column, values.longValue(column));
                case DOUBLE -> writer.write(column, values.doubleValue(column));
                case DECIMAL -> writer.write(column, decimal(column, type, values), type.precision(), type.scale());
            }
        }

        private static Decimal decimal(int column, ColumnType type, ColumnValues values) {
            return type.isLongDecimal()
                    ? Decimal.apply(values.longValue(column), type.precision(), type.scale())
                    : Decimal.apply(new BigDecimal(values.unscaledValue(column), type.scale()));
        }
    }

    /**
     * Adds a column of a row that was read from the table to its key's hash, as the decoder does with an event's.
     *
     * @param ordinal where the column stands in the row
     */
    static void hash(InternalRow row, int ordinal, ColumnType type, KeyHash hash) {
        switch (type.kind()) {
            case STRING -> {
                UTF8String text = row.getUTF8String(ordinal);
                byte[] bytes = text.getBytes();
                hash.add(bytes, 0, bytes.length);
            }
            case BINARY -> {
                byte[] bytes = row.getBinary(ordinal);
                hash.add(bytes, 0, bytes.length);
            }
            case BOOLEAN -> hash.add(row.getBoolean(ordinal) ? 1 : 0);
            case INT, DATE -> hash.add(row.getInt(ordinal));
            case BIGINT, TIMESTAMP -> hash.add(row.getLong(ordinal));
            case DECIMAL -> {
                Decimal decimal = row.getDecimal(ordinal, type.precision(), type.scale());
                if (type.isLongDecimal()) {
                    hash.add(decimal.toUnscaledLong());
                } else {
                    hash.add(decimal.toJavaBigDecimal().unscaledValue());
                }
            }
            case DOUBLE -> throw new IllegalStateException("a DOUBLE is no part of a key");
        }
    }
}
