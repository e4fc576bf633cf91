package cdf.cli;

import cdf.change.TableSchema;
import cdf.lake.ColumnSource;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.util.List;
import java.util.Objects;

/** The columns of the table. */
final class SchemaOptions {
    /** The columns of the simulated table. */
    private static final String USERS = "id STRING, name STRING, balance BIGINT";

    private static final String USERS_KEY = "id";

    @Option(
            names = "--schema",
            paramLabel = "COLUMNS",
            description =
                    "The table's columns, of the types STRING, BOOLEAN, INT, BIGINT, DOUBLE, DECIMAL(p,s), DATE, TIMESTAMP"
                            + " and BINARY. Default, without --key: the table's own or, for a new one, those of the topic's"
                            + " wrapped events, whose later changes the table follows; of events without a schema, "
                            + USERS + ".")
    private @Nullable String columns;

    @Option(
            names = "--key",
            paramLabel = "COLUMNS",
            description = "The columns that tell its rows apart, separated by commas. Default with --schema: "
                    + USERS_KEY + ".")
    private @Nullable String key;

    /** What the simulated table is. */
    static TableSchema users() {
        return TableSchema.parse(USERS, USERS_KEY);
    }

    List<String> problems() {
        return isGiven()
                ? TableSchema.problems(givenColumns(), givenKey()).stream()
                        .map(problem -> "--schema, --key: " + problem)
                        .toList()
                : List.of();
    }

    /** Where the columns come from; call it only when there are no {@link #problems()}. */
    ColumnSource source() {
        return isGiven()
                ? new ColumnSource.Given(TableSchema.parse(givenColumns(), givenKey()))
                : new ColumnSource.Learned(users());
    }

    private boolean isGiven() {
        return columns != null || key != null;
    }

    private String givenColumns() {
        return Objects.requireNonNullElse(columns, USERS);
    }

    private String givenKey() {
        return Objects.requireNonNullElse(key, USERS_KEY);
    }
}
