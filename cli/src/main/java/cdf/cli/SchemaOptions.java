package cdf.cli;

import cdf.change.TableSchema;
import picocli.CommandLine.Option;

import java.util.List;

/** The columns of the table. */
final class SchemaOptions {
    @Option(
            names = "--schema",
            paramLabel = "COLUMNS",
            defaultValue = "id STRING, name STRING, balance BIGINT",
            description = "The table's columns, of the types STRING, BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p,s), DATE,"
                    + " TIMESTAMP and BINARY. Default: id STRING, name STRING, balance BIGINT.")
    private String columns = "";

    @Option(
            names = "--key",
            paramLabel = "COLUMNS",
            defaultValue = "id",
            description = "The columns that tell its rows apart, separated by commas. Default: id.")
    private String key = "";

    List<String> problems() {
        return TableSchema.problems(columns, key).stream()
                .map(problem -> "--schema, --key: " + problem)
                .toList();
    }

    /** The schema; call it only when there are no {@link #problems()}. */
    TableSchema schema() {
        return TableSchema.parse(columns, key);
    }
}
