package cdf.cli;

import cdf.change.TableSchema;
import picocli.CommandLine.Option;

import java.util.List;

/** The columns of the table. */
final class SchemaOptions {
    /** The columns of the simulated table. */
    private static final String USERS = "id STRING, name STRING, balance BIGINT";

    private static final String USERS_KEY = "id";

    @Option(
            names = "--schema",
            paramLabel = "COLUMNS",
            defaultValue = USERS,
            description = "The table's columns, of the types STRING, BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p,s), DATE,"
                    + " TIMESTAMP and BINARY. Default: " + USERS + ".")
    private String columns = "";

    @Option(
            names = "--key",
            paramLabel = "COLUMNS",
            defaultValue = USERS_KEY,
            description = "The columns that tell its rows apart, separated by commas. Default: " + USERS_KEY + ".")
    private String key = "";

    /** What the options say when they are not given. */
    static TableSchema users() {
        return TableSchema.parse(USERS, USERS_KEY);
    }

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
