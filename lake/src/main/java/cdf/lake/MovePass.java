package cdf.lake;

import cdf.change.ColumnType;
import cdf.change.KeyHash;
import cdf.change.TableSchema;
import org.apache.spark.api.java.function.Function2;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.classic.SparkSession;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.DeltaOperations;
import org.apache.spark.sql.delta.OptimisticTransaction;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.CollectionAccumulator;
import scala.Option;
import scala.collection.immutable.Nil$;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

import java.io.Serializable;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the rows of some data files into one, and tells the order in which their keys lie there. */
final class MovePass {
    private final SparkSession spark;
    private final DeltaLog log;
    private final TableSchema schema;
    private final DriverWriter driver;
    private final CollectionAccumulator<KeyHashes> reports = new CollectionAccumulator<>();

    MovePass(SparkSession spark, DeltaLog log, TableSchema schema, DriverWriter driver) {
        this.spark = spark;
        this.log = log;
        this.schema = schema;
        this.driver = driver;
        spark.sparkContext().register(reports, "cdf-move");
    }

    /** What the commit is, in the table's history. */
    static DeltaOperations.Operation operation() {
        return new DeltaOperations.Optimize(noMore(), noMore(), true, Option.empty(), false);
    }

    /**
     * Writes the file that has the rows: in the driver if it can, and else with a job of Spark's of one task.
     *
     * @param sources the files that the rows lie in
     * @return nothing if there are no rows left
     */
    Optional<AddFile> write(OptimisticTransaction transaction, List<DriverReader.Source> sources) {
        StructType columns = transaction.metadata().schema();
        List<AddFile> files = sources.stream().map(DriverReader.Source::file).toList();
        if (!DriverReader.isFor(files) || !driver.canWrite(transaction, columns)) {
            return writeWithJob(transaction, files).map(WrittenFiles::withoutChange);
        }
        Iterator<InternalRow> rows = new DriverReader(spark, log, columns).rows(sources);
        return driver.write(transaction, new Reporting(rows, schema, reports)).map(WrittenFiles::withoutChange);
    }

    private Optional<AddFile> writeWithJob(OptimisticTransaction transaction, List<AddFile> files) {
        Dataset<Row> live = log.createDataFrame(
                transaction.snapshot(), CollectionConverters.asScala(files).toSeq(), false, Option.empty());
        RDD<InternalRow> rows = live.queryExecution().toRdd();
        Function2<Integer, Iterator<InternalRow>, Iterator<InternalRow>> reporting = reporting(schema, reports);
        RDD<InternalRow> reported = rows.toJavaRDD()
                .coalesce(1)
                .mapPartitionsWithIndex(reporting, true)
                .rdd();
        Dataset<Row> moved = spark.internalCreateDataFrame(reported, live.schema(), false);
        Map<Integer, AddFile> written =
                WrittenFiles.byTask(transaction.writeFiles(moved, Option.empty(), true, noMore()));
        return written.values().stream().findFirst();
    }

    /** The keys of the rows, in their order; complete when they have been written. */
    KeyHashes keys() {
        return reports.value().stream().findFirst().orElseGet(KeyHashes::new);
    }

    /** Static, so that the tasks get nothing but what they need. */
    private static Function2<Integer, Iterator<InternalRow>, Iterator<InternalRow>> reporting(
            TableSchema schema, CollectionAccumulator<KeyHashes> reports) {
        return (task, part) -> new Reporting(part, schema, reports);
    }

    @SuppressWarnings("unchecked") // Scala's empty sequence is one of everything.
    private static <T> Seq<T> noMore() {
        return (Seq<T>) Nil$.MODULE$;
    }

    /** Passes rows on and reports their keys after the last one. */
    private static final class Reporting implements Iterator<InternalRow>, Serializable {
        private static final long serialVersionUID = 1L;

        private final Iterator<InternalRow> rows;
        private final TableSchema schema;
        private final CollectionAccumulator<KeyHashes> reports;
        private final KeyHash hash = new KeyHash();
        private final KeyHashes keys = new KeyHashes();
        private boolean reported;

        Reporting(Iterator<InternalRow> rows, TableSchema schema, CollectionAccumulator<KeyHashes> reports) {
            this.rows = rows;
            this.schema = schema;
            this.reports = reports;
        }

        @Override
        public boolean hasNext() {
            boolean more = rows.hasNext();
            if (!more && !reported) {
                reported = true;
                reports.add(keys);
            }
            return more;
        }

        @Override
        public InternalRow next() {
            InternalRow row = rows.next();
            hash.start();
            for (int column : schema.key()) {
                ColumnType type = schema.columns().get(column).type();
                TableColumns.hash(row, column, type, hash);
            }
            hash.finish();
            keys.add(hash.high(), hash.low());
            return row;
        }
    }
}
