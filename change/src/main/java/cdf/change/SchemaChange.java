package cdf.change;

/** What becomes of a table's schema when events come that have another one. */
public sealed interface SchemaChange {
    /** The table can hold them as it is. */
    record None() implements SchemaChange {}

    /** The table must have this schema: more columns at its end, or wider types. */
    record Evolved(TableSchema schema) implements SchemaChange {}

    /** No schema holds both what the table has and what comes, for the reason. */
    record Impossible(String reason) implements SchemaChange {}
}
