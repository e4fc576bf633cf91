package cdf.verify;

import cdf.change.CdfException;
import cdf.change.Column;
import cdf.change.ExitCode;
import cdf.change.TableSchema;
import io.delta.kernel.Scan;
import io.delta.kernel.Snapshot;
import io.delta.kernel.Table;
import io.delta.kernel.data.ColumnVector;
import io.delta.kernel.data.ColumnarBatch;
import io.delta.kernel.data.FilteredColumnarBatch;
import io.delta.kernel.data.Row;
import io.delta.kernel.defaults.engine.DefaultEngine;
import io.delta.kernel.engine.Engine;
import io.delta.kernel.engine.FileReadResult;
import io.delta.kernel.exceptions.KernelException;
import io.delta.kernel.exceptions.TableNotFoundException;
import io.delta.kernel.internal.InternalScanFileUtils;
import io.delta.kernel.internal.actions.AddFile;
import io.delta.kernel.internal.data.ScanStateRow;
import io.delta.kernel.internal.util.Utils;
import io.delta.kernel.types.DataType;
import io.delta.kernel.types.DecimalType;
import io.delta.kernel.types.StructType;
import io.delta.kernel.utils.CloseableIterator;
import io.delta.kernel.utils.FileStatus;
import org.apache.hadoop.conf.Configuration;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** One version of a Delta table, read with Delta Kernel: no Spark, and none of the code that wrote it. */
final class KernelTable {
    private final Engine engine;
    private final Snapshot snapshot;

    private KernelTable(Engine engine, Snapshot snapshot) {
        this.engine = engine;
        this.snapshot = snapshot;
    }

    /**
     * Opens the newest version of a table.
     *
     * @param path a directory, or a URI that Hadoop knows
     * @throws CdfException if there is no table
     */
    static KernelTable newest(String path) {
        return find(path)
                .orElseThrow(() -> new CdfException(
                        ExitCode.FAILED,
                        "there is no Delta table in " + path,
                        "name the directory that cdf apply was given with --table"));
    }

    /** Opens the newest version of a table, if there is one. */
    static Optional<KernelTable> find(String path) {
        Engine engine = DefaultEngine.create(new Configuration());
        try {
            return Optional.of(
                    new KernelTable(engine, Table.forPath(engine, path).getLatestSnapshot(engine)));
        } catch (TableNotFoundException none) {
            return Optional.empty();
        } catch (KernelException failure) {
            throw unreadable(path, failure);
        }
    }

    static CdfException unreadable(String path, Exception failure) {
        return new CdfException(
                ExitCode.FAILED,
                "cannot read the table " + path + ": " + failure.getMessage(),
                "see that you may read it, and that nobody deletes its files meanwhile",
                failure);
    }

    Engine engine() {
        return engine;
    }

    String path() {
        return snapshot.getPath();
    }

    long version() {
        return snapshot.getVersion();
    }

    /** All of the table's columns. */
    StructType columns() {
        return snapshot.getSchema();
    }

    Optional<String> property(String name) {
        return Optional.ofNullable(snapshot.getMetadata().getConfiguration().get(name));
    }

    /** A number that the version has of an application (Delta protocol, "Transaction Identifiers"). */
    OptionalLong transaction(String application) {
        return snapshot.getLatestTransactionVersion(engine, application)
                .map(OptionalLong::of)
                .orElseGet(OptionalLong::empty);
    }

    /** The table's columns as a schema, but for one that cdf added for itself. */
    TableSchema schema(String key, Optional<String> without) {
        String ddl = columns().fields().stream()
                .filter(field -> !without.equals(Optional.of(field.getName())))
                .map(field -> "`" + field.getName() + "` " + type(field.getDataType()))
                .collect(Collectors.joining(", "));
        List<String> problems = TableSchema.problems(ddl, key);
        if (!problems.isEmpty()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the table " + path() + " with the key " + key + " is none that cdf applies to: "
                            + String.join("; ", problems),
                    "name a table that cdf apply made");
        }
        return TableSchema.parse(ddl, key);
    }

    private static String type(DataType type) {
        if (type instanceof DecimalType decimal) {
            return "DECIMAL(" + decimal.getPrecision() + "," + decimal.getScale() + ")";
        }
        return switch (type.toString()) {
            case "string" -> "STRING";
            case "boolean" -> "BOOLEAN";
            case "integer" -> "INT";
            case "long" -> "BIGINT";
            case "double" -> "DOUBLE";
            case "date" -> "DATE";
            case "timestamp" -> "TIMESTAMP";
            case "binary" -> "BINARY";
            default -> type.toString();
        };
    }

    /** How many rows the version has, as far as its log tells. */
    OptionalLong rowCount() {
        long rows = 0;
        try (CloseableIterator<FilteredColumnarBatch> files = scan(columns()).getScanFiles(engine)) {
            while (files.hasNext()) {
                try (CloseableIterator<Row> batch = files.next().getRows()) {
                    while (batch.hasNext()) {
                        Optional<Long> count = liveRows(batch.next());
                        if (count.isEmpty()) {
                            return OptionalLong.empty();
                        }
                        rows += count.get();
                    }
                }
            }
        } catch (IOException failure) {
            throw unreadable(path(), failure);
        }
        return OptionalLong.of(rows);
    }

    private static Optional<Long> liveRows(Row scanFile) {
        AddFile add = new AddFile(scanFile.getStruct(InternalScanFileUtils.ADD_FILE_ORDINAL));
        long deleted =
                add.getDeletionVector().map(vector -> vector.getCardinality()).orElse(0L);
        return add.getNumRecords().map(records -> records - deleted);
    }

    /** Reads the live rows, with the values of the columns that are asked for, as {@link PlainDecoder} has them. */
    void rows(List<Column> wanted, Consumer<List<@Nullable Object>> reader) {
        Scan scan = scan(structType(wanted));
        Row state = scan.getScanState(engine);
        try (CloseableIterator<FilteredColumnarBatch> files = scan.getScanFiles(engine)) {
            while (files.hasNext()) {
                try (CloseableIterator<Row> batch = files.next().getRows()) {
                    while (batch.hasNext()) {
                        rows(state, batch.next(), wanted, reader);
                    }
                }
            }
        } catch (IOException | KernelException failure) {
            throw unreadable(path(), failure);
        }
    }

    private StructType structType(List<Column> wanted) {
        return new StructType(
                wanted.stream().map(column -> columns().get(column.name())).toList());
    }

    private Scan scan(StructType readSchema) {
        return snapshot.getScanBuilder().withReadSchema(readSchema).build();
    }

    private void rows(Row state, Row file, List<Column> wanted, Consumer<List<@Nullable Object>> reader)
            throws IOException {
        try (CloseableIterator<FilteredColumnarBatch> batches = Scan.transformPhysicalData(
                engine,
                state,
                file,
                physicalRows(
                        InternalScanFileUtils.getAddFileStatus(file), ScanStateRow.getPhysicalDataReadSchema(state)))) {
            while (batches.hasNext()) {
                FilteredColumnarBatch batch = batches.next();
                Optional<ColumnVector> live = batch.getSelectionVector();
                RowReader rows = new RowReader(batch.getData(), wanted);
                for (int row = 0; row < batch.getData().getSize(); row++) {
                    if (live.isEmpty()
                            || (!live.get().isNullAt(row) && live.get().getBoolean(row))) {
                        reader.accept(rows.read(row));
                    }
                }
            }
        }
    }

    private CloseableIterator<ColumnarBatch> physicalRows(FileStatus file, StructType readSchema) throws IOException {
        return engine.getParquetHandler()
                .readParquetFiles(Utils.singletonCloseableIterator(file), readSchema, Optional.empty())
                .map(FileReadResult::getData);
    }

    /** Reads all rows of one data file in their order, those that are deleted as well. */
    void fileRows(FileStatus file, List<Column> wanted, Consumer<List<@Nullable Object>> reader) {
        try (CloseableIterator<ColumnarBatch> batches = physicalRows(file, structType(wanted))) {
            while (batches.hasNext()) {
                ColumnarBatch batch = batches.next();
                RowReader rows = new RowReader(batch, wanted);
                for (int row = 0; row < batch.getSize(); row++) {
                    reader.accept(rows.read(row));
                }
            }
        } catch (IOException | KernelException failure) {
            throw unreadable(path(), failure);
        }
    }

    /** Reads rows out of a batch. */
    private static final class RowReader {
        private final List<Column> columns;
        private final ColumnVector[] vectors;

        RowReader(ColumnarBatch batch, List<Column> columns) {
            this.columns = columns;
            vectors = columns.stream()
                    .map(column -> batch.getColumnVector(batch.getSchema().indexOf(column.name())))
                    .toArray(ColumnVector[]::new);
        }

        List<@Nullable Object> read(int row) {
            @Nullable Object[] values = new @Nullable Object[vectors.length];
            for (int column = 0; column < vectors.length; column++) {
                values[column] = vectors[column].isNullAt(row) ? null : value(column, row);
            }
            return Arrays.asList(values);
        }

        private Object value(int column, int row) {
            ColumnVector vector = vectors[column];
            return switch (columns.get(column).type().kind()) {
                case STRING -> vector.getString(row);
                case BOOLEAN -> vector.getBoolean(row);
                case INT, DATE -> vector.getInt(row);
                case BIGINT, TIMESTAMP -> vector.getLong(row);
                case DOUBLE -> vector.getDouble(row);
                case DECIMAL ->
                    vector.getDecimal(row).setScale(columns.get(column).type().scale());
                case BINARY -> HexFormat.of().formatHex(vector.getBinary(row));
            };
        }
    }
}
