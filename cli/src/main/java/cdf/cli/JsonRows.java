package cdf.cli;

import cdf.change.Row;
import cdf.change.Value;
import cdf.producer.JsonLine;

import java.io.PrintStream;
import java.util.Map;

/** Rows as JSON objects, one a line. */
record JsonRows(PrintStream out) implements RowPrinter {
    @Override
    public void print(Row row) {
        out.println(JsonLine.of(json -> {
            for (Map.Entry<String, Value> column : row.columns().entrySet()) {
                json.writeFieldName(column.getKey());
                column.getValue().writeTo(json);
            }
        }));
    }
}
