package cdf.lake;

import cdf.change.TableSchema;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.expressions.JoinedRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaColumnMapping;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;
import org.apache.spark.util.SerializableConfiguration;
import org.jspecify.annotations.Nullable;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.io.IOException;
import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Completes rows that were written without the values that an update left as they were: takes these from the rows that the
 * table has of the same keys, reading no more of them, and writes the whole rows into files of their own.
 */
final class CompletionPass {
    /** So many rows or fewer are written by one task. */
    private static final int ONE_TASK_ROWS = 20_000;

    /** Of so many rows the values are in memory at a time: they can be large. */
    private static final int CHUNK_ROWS = 1_000;

    private static final String FILE = "_cdf_file";
    private static final String ROW = "_cdf_row";
    private static final String NUMBER = "_cdf_number";
    private static final String LACKING = "_cdf_lacking";
    private static final String EARLIER = "_cdf_earlier_";

    private final SparkSession spark;
    private final DeltaLog log;
    private final StructType columns;

    CompletionPass(SparkSession spark, DeltaLog log, TableSchema schema, boolean sequenced) {
        this.spark = spark;
        this.log = log;
        this.columns = TableColumns.structType(schema, sequenced);
    }

    /**
     * Writes the whole rows.
     *
     * @param rows which rows lack what, and where the rows are that have it
     * @param file the data file of a number
     * @return the files, which have the rows one after the other, in the same order
     */
    List<AddFile> write(OptimisticTransaction transaction, List<IncompleteRow> rows, Function<Integer, AddFile> file) {
        List<BitSet> masks =
                rows.stream().map(IncompleteRow::missing).distinct().toList();
        BitSet anyMissing = new BitSet();
        masks.forEach(anyMissing::or);
        int[] missing = anyMissing.stream().toArray();
        Dataset<Row> joined =
                incomplete(transaction, rows, masks, file).join(earlier(transaction, rows, missing, file), NUMBER);
        List<Column> whole = new ArrayList<>();
        for (int column = 0; column < columns.length(); column++) {
            String name = columns.fields()[column].name();
            whole.add(anyMissing.get(column) ? completed(column, name, masks) : RowColumns.column(name));
        }
        int tasks = rows.size() <= ONE_TASK_ROWS ? 1 : spark.sparkContext().defaultParallelism();
        Dataset<Row> ordered = (tasks == 1
                        ? joined.repartition(1)
                        : joined.repartitionByRange(tasks, functions.col(NUMBER)))
                .sortWithinPartitions(NUMBER)
                .select(whole.toArray(Column[]::new));
        Map<Integer, AddFile> written = WrittenFiles.byTask(transaction.writeFiles(ordered));
        return written.keySet().stream()
                .sorted()
                .map(task -> Objects.requireNonNull(written.get(task)))
                .toList();
    }

    /** A column as it was before in the rows that lack it, and as it is in the others. */
    private static Column completed(int column, String name, List<BitSet> masks) {
        Object[] lacking = IntStream.range(0, masks.size())
                .filter(mask -> masks.get(mask).get(column))
                .boxed()
                .toArray();
        return functions
                .when(functions.col(LACKING).isin(lacking), functions.col(EARLIER + column))
                .otherwise(RowColumns.column(name))
                .as(name);
    }

    /** The rows as they were written, with their numbers and the numbers of their masks. */
    private Dataset<Row> incomplete(
            OptimisticTransaction transaction,
            List<IncompleteRow> rows,
            List<BitSet> masks,
            Function<Integer, AddFile> file) {
        Map<BitSet, Integer> numbers = new HashMap<>();
        masks.forEach(mask -> numbers.put(mask, numbers.size()));
        Map<String, Map<Integer, int[]>> wanted = new HashMap<>();
        Map<Integer, AddFile> files = new HashMap<>();
        for (int number = 0; number < rows.size(); number++) {
            IncompleteRow row = rows.get(number);
            AddFile written = files.computeIfAbsent(row.file(), file);
            wanted.computeIfAbsent(new Path(written.path()).getName(), none -> new HashMap<>())
                    .put(row.row(), new int[] {number, numbers.getOrDefault(row.missing(), -1)});
        }
        List<Column> selected = new ArrayList<>();
        Arrays.stream(columns.fieldNames()).map(RowColumns::column).forEach(selected::add);
        selected.add(functions.col("_metadata.file_name").as(FILE));
        selected.add(functions.col("_metadata.row_index").as(ROW));
        Dataset<Row> all = log.createDataFrame(
                        transaction.snapshot(),
                        CollectionConverters.asScala(files.values()).toSeq(),
                        false,
                        Option.empty())
                .select(selected.toArray(Column[]::new));
        FlatMapFunction<Iterator<InternalRow>, InternalRow> choose = choose(columns.length(), wanted);
        return spark.internalCreateDataFrame(
                all.queryExecution().toRdd().toJavaRDD().mapPartitions(choose).rdd(),
                all.schema().add(NUMBER, DataTypes.IntegerType).add(LACKING, DataTypes.IntegerType),
                false);
    }

    /** Static, so that the tasks get nothing but what they need. */
    private static FlatMapFunction<Iterator<InternalRow>, InternalRow> choose(
            int fileColumn, Map<String, Map<Integer, int[]>> wanted) {
        return part -> new Chosen(part, fileColumn, wanted);
    }

    /** The rows that are wanted, with the two numbers of each. */
    private static final class Chosen implements Iterator<InternalRow> {
        private final Iterator<InternalRow> rows;
        private final int fileColumn;
        private final Map<String, Map<Integer, int[]>> wanted;
        private @Nullable InternalRow next;

        Chosen(Iterator<InternalRow> rows, int fileColumn, Map<String, Map<Integer, int[]>> wanted) {
            this.rows = rows;
            this.fileColumn = fileColumn;
            this.wanted = wanted;
        }

        @Override
        public boolean hasNext() {
            while (next == null && rows.hasNext()) {
                InternalRow row = rows.next();
                int[] numbers = wanted.getOrDefault(
                                row.getUTF8String(fileColumn).toString(), Map.of())
                        .get(Math.toIntExact(row.getLong(fileColumn + 1)));
                if (numbers != null) {
                    next = new JoinedRow(row, new GenericInternalRow(new Object[] {numbers[0], numbers[1]}));
                }
            }
            return next != null;
        }

        @Override
        public InternalRow next() {
            if (!hasNext() || next == null) {
                throw new NoSuchElementException();
            }
            InternalRow row = next;
            next = null;
            return row;
        }
    }

    /** Some rows of one data file, ascending, and the numbers that they have here. */
    private static final class EarlierRows implements Serializable {
        private static final long serialVersionUID = 1L;

        private final String file;
        private final int[] rows;
        private final int[] numbers;

        EarlierRows(String file, int[] rows, int[] numbers) {
            this.file = file;
            this.rows = rows;
            this.numbers = numbers;
        }
    }

    /** The missing values of the rows, with their numbers. */
    private Dataset<Row> earlier(
            OptimisticTransaction transaction,
            List<IncompleteRow> rows,
            int[] missing,
            Function<Integer, AddFile> file) {
        Map<Integer, List<Integer>> byFile = new HashMap<>();
        for (int number = 0; number < rows.size(); number++) {
            byFile.computeIfAbsent(RowLocation.file(rows.get(number).earlier()), none -> new ArrayList<>())
                    .add(number);
        }
        List<EarlierRows> sources = new ArrayList<>();
        byFile.forEach((source, numbers) -> {
            String path = WrittenFiles.pathOf(log, file.apply(source)).toString();
            numbers.sort(Comparator.comparingInt(
                    number -> RowLocation.row(rows.get(number).earlier())));
            for (int from = 0; from < numbers.size(); from += CHUNK_ROWS) {
                List<Integer> chunk = numbers.subList(from, Math.min(numbers.size(), from + CHUNK_ROWS));
                sources.add(new EarlierRows(
                        path,
                        chunk.stream()
                                .mapToInt(number ->
                                        RowLocation.row(rows.get(number).earlier()))
                                .toArray(),
                        chunk.stream().mapToInt(Integer::intValue).toArray()));
            }
        });
        StructType inTheTable = transaction.metadata().schema();
        List<String> names = Arrays.stream(missing)
                .mapToObj(
                        column -> DeltaColumnMapping.getPhysicalName(inTheTable.apply(columns.fields()[column].name())))
                .toList();
        StructType type = new StructType().add(NUMBER, DataTypes.IntegerType);
        boolean[] text = new boolean[missing.length];
        for (int index = 0; index < missing.length; index++) {
            StructField field = columns.fields()[missing[index]];
            type = type.add(EARLIER + missing[index], field.dataType());
            text[index] = field.dataType().equals(DataTypes.StringType);
        }
        JavaRDD<EarlierRows> distributed = JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(
                        sources, Math.min(sources.size(), spark.sparkContext().defaultParallelism()));
        FlatMapFunction<EarlierRows, InternalRow> read =
                read(new SerializableConfiguration(log.newDeltaHadoopConf()), names, text);
        return spark.internalCreateDataFrame(distributed.flatMap(read).rdd(), type, false);
    }

    /** Static, so that the tasks get nothing but what they need. */
    private static FlatMapFunction<EarlierRows, InternalRow> read(
            SerializableConfiguration hadoop, List<String> names, boolean[] text) {
        return source -> readRows(source, hadoop.value(), names, text).iterator();
    }

    private static List<InternalRow> readRows(
            EarlierRows source, Configuration hadoop, List<String> names, boolean[] text) throws IOException {
        List<InternalRow> read = new ArrayList<>();
        new ValueReader(hadoop, names).read(new Path(source.file), source.rows, (row, values) -> {
            @Nullable Object[] fields = new @Nullable Object[values.length + 1];
            fields[0] = source.numbers[read.size()];
            for (int column = 0; column < values.length; column++) {
                byte[] value = values[column];
                fields[column + 1] = value != null && text[column] ? UTF8String.fromBytes(value) : value;
            }
            read.add(new GenericInternalRow(fields));
        });
        return read;
    }
}
