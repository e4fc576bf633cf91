package cdf.lake;

import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.parquet.column.page.PageReadStore;
import org.apache.parquet.example.data.Group;
import org.apache.parquet.example.data.simple.convert.GroupRecordConverter;
import org.apache.parquet.hadoop.ParquetFileReader;
import org.apache.parquet.hadoop.metadata.BlockMetaData;
import org.apache.parquet.hadoop.util.HadoopInputFile;
import org.apache.parquet.internal.column.columnindex.OffsetIndex;
import org.apache.parquet.internal.filter2.columnindex.RowRanges;
import org.apache.parquet.io.ColumnIOFactory;
import org.apache.parquet.io.MessageColumnIO;
import org.apache.parquet.io.RecordReader;
import org.apache.parquet.schema.MessageType;
import org.apache.parquet.schema.Type;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Reads values of STRING and BINARY columns out of a data file by the numbers of their rows, and of the file no more than
 * the pages that have them. Not thread-safe.
 */
final class ValueReader {
    private final Configuration hadoop;
    private final List<String> columns;

    ValueReader(Configuration hadoop, List<String> columns) {
        this.hadoop = hadoop;
        this.columns = columns;
    }

    /** Takes the values of a row, null where the row or the whole file has none. */
    interface RowConsumer {
        void accept(int row, byte[] @Nullable [] values);
    }

    /** Reads some rows of a file, in ascending order. */
    void read(Path file, int[] rows, RowConsumer consumer) throws IOException {
        try (ParquetFileReader reader = ParquetFileReader.open(HadoopInputFile.fromPath(file, hadoop))) {
            MessageType all = reader.getFileMetaData().getSchema();
            MessageType present = new MessageType(
                    all.getName(),
                    columns.stream()
                            .filter(all::containsField)
                            .map(all::getType)
                            .toArray(Type[]::new));
            if (present.getFieldCount() == 0) { // the file is older than the columns
                for (int row : rows) {
                    consumer.accept(row, new byte[columns.size()][]);
                }
                return;
            }
            reader.setRequestedSchema(present);
            MessageColumnIO columnIo = new ColumnIOFactory().getColumnIO(present);
            int next = 0;
            long firstOfBlock = 0;
            for (int block = 0; next < rows.length; block++) {
                BlockMetaData metadata = reader.getRowGroups().get(block);
                long end = firstOfBlock + metadata.getRowCount();
                int from = next;
                while (next < rows.length && rows[next] < end) {
                    next++;
                }
                if (next > from) {
                    int[] wanted = Arrays.copyOfRange(rows, from, next);
                    try (PageReadStore pages =
                            reader.readFilteredRowGroup(block, ranges(wanted, firstOfBlock, metadata.getRowCount()))) {
                        read(columnIo.getRecordReader(pages, new GroupRecordConverter(present)), wanted, consumer);
                    }
                }
                firstOfBlock = end;
            }
        }
    }

    private void read(RecordReader<Group> records, int[] wanted, RowConsumer consumer) {
        for (int row : wanted) {
            Group record = records.read();
            byte[] @Nullable [] values = new byte[columns.size()][];
            for (int column = 0; column < values.length; column++) {
                String name = columns.get(column);
                if (record.getType().containsField(name) && record.getFieldRepetitionCount(name) > 0) {
                    values[column] = record.getBinary(name, 0).getBytes();
                }
            }
            consumer.accept(row, values);
        }
    }

    /** The rows as ranges of a row group. */
    private static RowRanges ranges(int[] rows, long first, long rowCount) {
        return RowRanges.create(rowCount, IntStream.range(0, rows.length).iterator(), new PageOfEachRow(rows, first));
    }

    /** As if each of the rows were a page of its own, in the row group that has a first row. */
    private static final class PageOfEachRow implements OffsetIndex {
        private final int[] rows;
        private final long first;

        PageOfEachRow(int[] rows, long first) {
            this.rows = rows;
            this.first = first;
        }

        @Override
        public int getPageCount() {
            return rows.length;
        }

        @Override
        public long getFirstRowIndex(int page) {
            return rows[page] - first;
        }

        @Override
        public long getLastRowIndex(int page, long rowCount) {
            return rows[page] - first;
        }

        @Override
        public long getOffset(int page) {
            throw new UnsupportedOperationException("the page is none of the file's");
        }

        @Override
        public int getCompressedPageSize(int page) {
            throw new UnsupportedOperationException("the page is none of the file's");
        }
    }
}
