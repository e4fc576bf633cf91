package cdf.generator;

import cdf.change.Envelope;

/**
 * The Kafka Connect schema of a wrapped event, as Kafka Connect's {@code JsonConverter} writes it: its attributes in its
 * order, without white space. Names and versions are those of Debezium's envelope of version 1.
 */
final class ConnectSchema {
    private static final String TABLE = SourceBlock.CDF + "." + UsersTable.SCHEMA + "." + UsersTable.TABLE;

    private ConnectSchema() {}

    static String ofEnvelope() {
        return version1(struct(
                false,
                TABLE + ".Envelope",
                field(Envelope.BEFORE, row()),
                field(Envelope.AFTER, row()),
                field(Envelope.SOURCE, source()),
                field(Envelope.OPERATION, required("string")),
                field(Envelope.TIMESTAMP, optional("int64")),
                field(EventWriter.TRANSACTION, transaction())));
    }

    private static String row() {
        return struct(
                true,
                TABLE + ".Value",
                field(UsersTable.ID, required("string")),
                field(UsersTable.NAME, optional("string")),
                field(UsersTable.BALANCE, optional("int64")));
    }

    private static String source() {
        return struct(
                false,
                SourceBlock.CDF + ".Source",
                field(SourceBlock.VERSION, required("string")),
                field(SourceBlock.CONNECTOR, required("string")),
                field(SourceBlock.NAME, required("string")),
                field(SourceBlock.TIMESTAMP, required("int64")),
                field(SourceBlock.SNAPSHOT, snapshot()),
                field(SourceBlock.DATABASE, required("string")),
                field(SourceBlock.SCHEMA, required("string")),
                field(SourceBlock.TABLE, required("string")),
                field(SourceBlock.TRANSACTION_ID, optional("int64")),
                field(SourceBlock.LOG_SEQUENCE_NUMBER, optional("int64")));
    }

    private static String snapshot() {
        String named = version1(with(optional("string"), "name", quoted("io.debezium.data.Enum")));
        String limited = with(named, "parameters", "{\"allowed\":\"true,last,false,incremental\"}");
        return with(limited, "default", quoted("false"));
    }

    /** What an event says of the transaction that it is part of: nothing, unless a connector is asked for it. */
    private static String transaction() {
        return version1(struct(
                true,
                "event.block",
                field("id", required("string")),
                field("total_order", required("int64")),
                field("data_collection_order", required("int64"))));
    }

    private static String struct(boolean optional, String name, String... fields) {
        return "{\"type\":\"struct\",\"fields\":[%s],\"optional\":%s,\"name\":%s}"
                .formatted(String.join(",", fields), optional, quoted(name));
    }

    private static String required(String type) {
        return "{\"type\":%s,\"optional\":false}".formatted(quoted(type));
    }

    private static String optional(String type) {
        return "{\"type\":%s,\"optional\":true}".formatted(quoted(type));
    }

    private static String field(String name, String schema) {
        return with(schema, "field", quoted(name));
    }

    private static String version1(String schema) {
        return with(schema, "version", "1");
    }

    /** The schema with one more attribute at its end. */
    private static String with(String schema, String attribute, String json) {
        return schema.substring(0, schema.length() - 1) + "," + quoted(attribute) + ":" + json + "}";
    }

    private static String quoted(String text) {
        return '"' + text + '"';
    }
}
