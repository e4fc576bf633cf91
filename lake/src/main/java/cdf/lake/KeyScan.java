package cdf.lake;

import cdf.change.CdfException;
import cdf.change.ColumnType;
import cdf.change.ExitCode;
import cdf.change.KeyHash;
import cdf.change.TableSchema;
import org.apache.hadoop.fs.Path;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.delta.DeltaLog;
import org.apache.spark.sql.delta.Snapshot;
import org.apache.spark.sql.delta.actions.AddFile;
import org.apache.spark.sql.functions;
import scala.Option;
import scala.jdk.javaapi.CollectionConverters;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Reads where the keys of some of the table's files lie. */
final class KeyScan {
    /** How many rows one message to the driver has at most. */
    private static final int CHUNK_ROWS = 100_000;

    private final DeltaLog log;
    private final TableSchema schema;
    private final boolean sequenced;

    /** @param sequenced whether rows have the number of their last change */
    KeyScan(DeltaLog log, TableSchema schema, boolean sequenced) {
        this.log = log;
        this.schema = schema;
        this.sequenced = sequenced;
    }

    /** Adds the rows of files that the index does not know yet. */
    void read(Snapshot snapshot, List<AddFile> unknown, IndexedTable table, IndexingListener listener) {
        if (unknown.isEmpty()) {
            return;
        }
        Map<String, Integer> numbers =
                unknown.stream().collect(Collectors.toMap(file -> new Path(file.path()).getName(), table.files()::add));
        long rows = unknown.stream().mapToLong(KeyScan::liveRows).sum();
        long read = 0;
        Iterator<Chunk> chunks = chunks(snapshot, unknown, numbers);
        while (chunks.hasNext()) {
            Chunk chunk = chunks.next();
            for (int row = 0; row < chunk.size; row++) {
                if (!table.addFound(
                        chunk.high[row], chunk.low[row], chunk.files[row], chunk.rows[row], chunk.sequence(row))) {
                    throw new CdfException(
                            ExitCode.FAILED,
                            "the table " + log.dataPath() + " has two rows with the same " + schema.keyText(),
                            "somebody else wrote one of them: delete it, then run cdf apply again");
                }
            }
            read += chunk.size;
            listener.onProgress(read, rows);
        }
    }

    private Iterator<Chunk> chunks(Snapshot snapshot, List<AddFile> files, Map<String, Integer> numbers) {
        List<Column> columns = new ArrayList<>();
        for (int index : schema.key()) {
            columns.add(functions.col("`" + schema.columns().get(index).name() + "`"));
        }
        columns.add(functions.col("_metadata.file_name"));
        columns.add(functions.col("_metadata.row_index"));
        if (sequenced) {
            columns.add(functions.col(TableColumns.SEQUENCE));
        }
        List<ColumnType> types = schema.key().stream()
                .map(index -> schema.columns().get(index).type())
                .toList();
        boolean withSequence = sequenced;
        FlatMapFunction<Iterator<InternalRow>, Chunk> toChunks = rows -> new Chunks(rows, types, numbers, withSequence);
        return log.createDataFrame(snapshot, CollectionConverters.asScala(files).toSeq(), false, Option.empty())
                .select(columns.toArray(Column[]::new))
                .queryExecution()
                .toRdd()
                .toJavaRDD()
                .mapPartitions(toChunks)
                .toLocalIterator();
    }

    private static long liveRows(AddFile file) {
        Option<Object> rows = file.numLogicalRecords();
        return rows.isDefined() ? (Long) rows.get() : 0;
    }

    /** Some rows: hashes of their keys, and where they lie. */
    private static final class Chunk implements Serializable {
        private static final long serialVersionUID = 1L;

        private final long[] high = new long[CHUNK_ROWS];
        private final long[] low = new long[CHUNK_ROWS];
        private final int[] files = new int[CHUNK_ROWS];
        private final int[] rows = new int[CHUNK_ROWS];
        private final long[] sequences;
        private int size;

        Chunk(boolean sequenced) {
            sequences = new long[sequenced ? CHUNK_ROWS : 0];
        }

        /** The number of a row's last change, or {@link KeyIndex#ABSENT}. */
        long sequence(int row) {
            return sequences.length == 0 ? KeyIndex.ABSENT : sequences[row];
        }
    }

    /** Rows in chunks. */
    private record Chunks(
            Iterator<InternalRow> rows, List<ColumnType> types, Map<String, Integer> numbers, boolean sequenced)
            implements Iterator<Chunk> {
        @Override
        public boolean hasNext() {
            return rows.hasNext();
        }

        @Override
        public Chunk next() {
            KeyHash hash = new KeyHash();
            Chunk chunk = new Chunk(sequenced);
            while (chunk.size < CHUNK_ROWS && rows.hasNext()) {
                InternalRow row = rows.next();
                hash.start();
                for (int part = 0; part < types.size(); part++) {
                    TableColumns.hash(row, part, types.get(part), hash);
                }
                hash.finish();
                chunk.high[chunk.size] = hash.high();
                chunk.low[chunk.size] = hash.low();
                String file = row.getUTF8String(types.size()).toString();
                chunk.files[chunk.size] = numbers.getOrDefault(file, -1);
                chunk.rows[chunk.size] = Math.toIntExact(row.getLong(types.size() + 1));
                if (sequenced) {
                    int column = types.size() + 2;
                    chunk.sequences[chunk.size] = row.isNullAt(column) ? KeyIndex.ABSENT : row.getLong(column);
                }
                chunk.size++;
            }
            return chunk;
        }
    }
}
