package cdf.lake;

import cdf.change.Row;
import cdf.change.Value;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.jspecify.annotations.Nullable;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Dead letters as rows to show, in the order of topic, partition and offset. */
final class DeadLetterRows implements Iterator<Row> {
    private static final List<String> VALUES = List.of("topic", "partition", "offset", "timestamp", "reason", "column");
    private static final List<String> BYTES = List.of("key", "value");

    private final RowColumns columns = new RowColumns(
            new StructType(VALUES.stream().map(DeadLetters.COLUMNS::apply).toArray(StructField[]::new)));

    private final Iterator<org.apache.spark.sql.Row> letters;

    /** @param letters a table of dead letters */
    DeadLetterRows(Dataset<org.apache.spark.sql.Row> letters) {
        List<Column> selected = new ArrayList<>(columns.selected());
        BYTES.forEach(name -> selected.add(RowColumns.column(name)));
        this.letters = letters.orderBy("topic", "partition", "offset")
                .select(selected.toArray(Column[]::new))
                .toLocalIterator();
    }

    @Override
    public boolean hasNext() {
        return letters.hasNext();
    }

    @Override
    public Row next() {
        org.apache.spark.sql.Row letter = letters.next();
        Map<String, Value> values = new LinkedHashMap<>(columns.row(letter, 0).columns());
        for (int at = 0; at < BYTES.size(); at++) {
            byte[] bytes = letter.getAs(VALUES.size() + at);
            put(BYTES.get(at), bytes, values);
        }
        return new Row(values);
    }

    private static void put(String name, byte @Nullable [] bytes, Map<String, Value> values) {
        if (bytes == null) {
            values.put(name, new Value.Null());
            return;
        }
        try {
            // A decoder that is not told otherwise throws at what is not UTF-8.
            String text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
            values.put(name, new Value.Text(text));
        } catch (CharacterCodingException notText) {
            values.put(name + "Base64", new Value.Text(Base64.getEncoder().encodeToString(bytes)));
        }
    }
}
