package cdf.change;

import cdf.change.EventDecoder.Outcome;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class EventSchemaTest {
    private static final String KEY = wrapped("{'type':'int32','field':'id'}", "{'id':1}");

    private static final String[] PLAIN = {"boolean", "int8", "int16", "int32", "int64", "float", "double", "string"};

    @Test
    void aTableHasTheColumnsOfTheEventAndTheKeyOfTheRecord() {
        EventSchema schema = read(KEY, event(field("id", "int32"), field("name", "string")));

        assertThat(schema.toTable()).isEqualTo(TableSchema.parse("id INT, name STRING", "id"));
    }

    @Test
    void plainTypesAreColumnsThatTakeEveryValue() {
        String[] fields = new String[PLAIN.length];
        for (int index = 0; index < PLAIN.length; index++) {
            fields[index] = field(PLAIN[index], PLAIN[index]);
        }

        assertThat(types(fields))
                .containsExactly("BOOLEAN", "INT", "INT", "INT", "BIGINT", "DOUBLE", "DOUBLE", "STRING");
    }

    @ParameterizedTest
    @CsvSource({
        "int32,io.debezium.time.Date,DATE",
        "int32,org.apache.kafka.connect.data.Date,DATE",
        "int64,io.debezium.time.Timestamp,TIMESTAMP",
        "int64,io.debezium.time.MicroTimestamp,TIMESTAMP",
        "int64,io.debezium.time.NanoTimestamp,TIMESTAMP",
        "string,io.debezium.time.ZonedTimestamp,TIMESTAMP",
        "int64,org.apache.kafka.connect.data.Timestamp,TIMESTAMP",
        "int32,io.debezium.time.Time,BIGINT",
        "int64,io.debezium.time.MicroTime,BIGINT",
        "int64,io.debezium.time.MicroDuration,BIGINT",
        "string,io.debezium.time.ZonedTime,STRING",
        "string,io.debezium.data.Uuid,STRING",
        "string,io.debezium.data.Json,STRING",
        "string,io.debezium.data.Enum,STRING",
        "bytes,io.debezium.data.Bits,BINARY",
        "struct,io.debezium.data.VariableScaleDecimal,STRING",
        "struct,io.debezium.data.geometry.Point,STRING",
        "array,,STRING",
        "map,,STRING"
    })
    void whatAValueMeansDecides(String type, @Nullable String name, String column) {
        String named = name == null ? "" : ",'name':'" + name + "'";

        assertThat(types("{'type':'" + type + "'" + named + ",'field':'x'}")).containsExactly(column);
    }

    @ParameterizedTest
    @CsvSource({
        "10,2,'DECIMAL(10,2)'",
        "38,38,'DECIMAL(38,38)'",
        "39,2,STRING",
        ",2,'DECIMAL(38,2)'",
        "3,-2,'DECIMAL(5,0)'",
        "2,5,'DECIMAL(5,5)'",
        "38,-1,STRING"
    })
    void aDecimalHasItsDigitsOrIsText(@Nullable Integer precision, int scale, String column) {
        String digits = precision == null ? "" : ",'connect.decimal.precision':'" + precision + "'";

        assertThat(types("{'type':'bytes','name':'org.apache.kafka.connect.data.Decimal','parameters':{'scale':'"
                        + scale + "'" + digits + "},'field':'x'}"))
                .containsExactly(column);
    }

    @Test
    void whatIsNotWrappedSaysNothing() {
        assertThat(EventSchema.read(null, null)).isEmpty();
        assertThat(EventSchema.read(null, utf8("{'op':'c','after':{'id':1}}"))).isEmpty();
        assertThat(EventSchema.read(null, utf8("{'schema':{'type':'struct'},'payload':{'op':'c'}}")))
                .isEmpty();
        assertThat(EventSchema.read(null, utf8("{'schema':{'type':"))).isEmpty();
        assertThat(EventSchema.read(utf8("1"), utf8(event(field("id", "int32"))))
                        .orElseThrow()
                        .key())
                .isEmpty();
    }

    @Test
    void columnsThatNoTableCanHaveAreToldAllAtOnce() {
        EventSchema schema = read(
                wrapped(field("key", "int32"), "{'key':1}"),
                event(field("full name", "string"), field("a", "strange"), field("b", "string"), field("B", "string")));

        assertThatThrownBy(schema::toTable)
                .isInstanceOf(CdfException.class)
                .hasMessageContainingAll("full name", "strange", "key column \"key\"", "B is there twice");
    }

    @ParameterizedTest
    @CsvSource({
        "INT,int64,BIGINT",
        "BIGINT,int32,BIGINT",
        "INT,double,DOUBLE",
        "DOUBLE,int32,DOUBLE",
        "'DECIMAL(5,2)',int32,'DECIMAL(12,2)'",
        "TIMESTAMP(3),int64 io.debezium.time.MicroTimestamp,TIMESTAMP(3)"
    })
    void aTypeWidensToOneThatHasAllValues(String before, String now, String after) {
        TableSchema table = TableSchema.parse("id INT, x " + before, "id");

        SchemaChange change =
                read(KEY, event(field("id", "int32"), named("x", now))).change(table);

        TableSchema expected = TableSchema.parse("id INT, x " + after, "id");
        assertThat(change)
                .isEqualTo(expected.equals(table) ? new SchemaChange.None() : new SchemaChange.Evolved(expected));
    }

    @ParameterizedTest
    @CsvSource({
        "10,2,12,2,'DECIMAL(12,2)'",
        "10,2,10,4,'DECIMAL(12,4)'",
        "10,4,8,1,'DECIMAL(11,4)'",
        "10,2,8,2,'DECIMAL(10,2)'",
        "38,2,38,3,"
    })
    void aDecimalWidensWhereNoDigitCanBeLost(
            int precision, int scale, int nowPrecision, int nowScale, @Nullable String after) {
        ColumnType before = ColumnType.parse("DECIMAL(" + precision + "," + scale + ")");

        Optional<ColumnType> wider = before.widened(ColumnType.parse("DECIMAL(" + nowPrecision + "," + nowScale + ")"));

        assertThat(wider.map(ColumnType::toString)).isEqualTo(Optional.ofNullable(after));
    }

    @ParameterizedTest
    @CsvSource({
        "STRING,int32",
        "INT,string",
        "BIGINT,double",
        "DATE,int64 io.debezium.time.MicroTimestamp",
        "BINARY,string"
    })
    void anotherTypeCannotBeFollowed(String before, String now) {
        TableSchema table = TableSchema.parse("id INT, x " + before, "id");

        SchemaChange change =
                read(KEY, event(field("id", "int32"), named("x", now))).change(table);

        assertThat(change).isInstanceOf(SchemaChange.Impossible.class);
        assertThat(change.toString()).contains("the column \"x\" is ").contains(before);
    }

    @Test
    void newColumnsComeLastAndGoneOnesStay() {
        TableSchema table = TableSchema.parse("id INT, gone STRING, kept STRING", "id");

        SchemaChange change = read(KEY, event(field("new", "boolean"), field("id", "int32"), field("kept", "string")))
                .change(table);

        assertThat(change)
                .isEqualTo(new SchemaChange.Evolved(
                        TableSchema.parse("id INT, gone STRING, kept STRING, new BOOLEAN", "id")));
    }

    @Test
    void aKeyThatChangesCannotBeFollowedButForAWiderInteger() {
        TableSchema table = TableSchema.parse("id INT, code DECIMAL(5,0), name STRING", "id,code");

        assertThat(read(KEY, event(field("id", "int32"), field("name", "string")))
                        .change(table)
                        .toString())
                .contains("the key column \"code\" is gone");
        assertThat(read(KEY, event(field("id", "int32"), decimal("code", 5, 0)))
                        .change(table)
                        .toString())
                .contains("the key is id now, and id,code in the table");
        assertThat(ofColumns(field("id", "int32"), decimal("code", 7, 1)).change(table))
                .isInstanceOf(SchemaChange.Impossible.class);
        assertThat(ofColumns(field("id", "int32"), decimal("code", 20, 0)).change(table))
                .isInstanceOf(SchemaChange.Impossible.class);
        assertThat(ofColumns(field("id", "int64"), decimal("code", 9, 0)).change(table))
                .isEqualTo(new SchemaChange.Evolved(
                        TableSchema.parse("id BIGINT, code DECIMAL(9,0), name STRING", "id,code")));
    }

    @Test
    void aDecoderThatLearnsTellsEveryEventThatTheTableCannotHold() {
        EventDecoder decoder = new EventDecoder(TableSchema.parse("id INT, name STRING", "id"), Optional.empty(), true);
        String known = event(field("id", "int32"), field("name", "string"));
        String more = event(field("id", "int32"), field("name", "string"), field("age", "int32"));
        String otherKey = wrapped(field("name", "string"), "{'name':'a'}");

        assertThat(List.of(
                        decoder.decode(utf8(KEY), utf8(known)),
                        decoder.decode(utf8(KEY), utf8(more)),
                        decoder.decode(utf8(KEY), utf8(more)),
                        decoder.decode(utf8(KEY), utf8(known)),
                        decoder.decode(utf8(KEY), utf8("{'op':'c','after':{'id':1,'age':5}}")),
                        decoder.decode(utf8(otherKey), utf8(known)),
                        decoder.decode(utf8(otherKey), utf8(known))))
                .containsExactly(
                        Outcome.UPSERT,
                        Outcome.OTHER_SCHEMA,
                        Outcome.OTHER_SCHEMA,
                        Outcome.UPSERT,
                        Outcome.UPSERT,
                        Outcome.OTHER_SCHEMA,
                        Outcome.OTHER_SCHEMA);
        assertThat(decoder.eventSchema().key()).containsExactly("name");
        assertThat(decoder.decode(null, utf8(more))).isEqualTo(Outcome.OTHER_SCHEMA);
        assertThat(decoder.eventSchema().columns()).extracting(Column::name).containsExactly("id", "name", "age");
    }

    private static List<String> types(String... fields) {
        return read(KEY, event(fields)).columns().stream()
                .map(column -> column.type().toString())
                .toList();
    }

    private static EventSchema read(String key, String value) {
        return EventSchema.read(utf8(key), utf8(value)).orElseThrow();
    }

    private static EventSchema ofColumns(String... fields) {
        return EventSchema.read(null, utf8(event(fields))).orElseThrow();
    }

    private static String field(String name, String type) {
        return "{'type':'" + type + "','optional':true,'field':'" + name + "'}";
    }

    private static String named(String field, String typeAndName) {
        int space = typeAndName.indexOf(' ');
        return space < 0
                ? field(field, typeAndName)
                : "{'type':'" + typeAndName.substring(0, space) + "','name':'" + typeAndName.substring(space + 1)
                        + "','field':'" + field + "'}";
    }

    private static String decimal(String name, int precision, int scale) {
        return "{'type':'bytes','name':'org.apache.kafka.connect.data.Decimal','parameters':{'scale':'" + scale
                + "','connect.decimal.precision':'" + precision + "'},'field':'" + name + "'}";
    }

    /** An event of a row with the fields; its own row has an id alone. */
    private static String event(String... fields) {
        String row = String.join(",", fields);
        return wrapped(
                "{'type':'struct','fields':[" + row + "],'field':'before'},{'type':'struct','fields':[" + row
                        + "],'field':'after'}",
                "{'op':'c','before':null,'after':{'id':1}}");
    }

    private static String wrapped(String fields, String payload) {
        return "{'schema':{'type':'struct','fields':[" + fields + "]},'payload':" + payload + "}";
    }

    private static byte[] utf8(String json) {
        return json.replace('\'', '"').getBytes(StandardCharsets.UTF_8);
    }
}
