package cdf.change;

import cdf.change.ColumnType.Kind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class TableSchemaTest {
    @Test
    void readsColumnsAndKey() {
        TableSchema schema = TableSchema.parse("id STRING, name STRING, balance BIGINT", "id");

        assertThat(schema.columns()).extracting(Column::name).containsExactly("id", "name", "balance");
        assertThat(schema.columns())
                .extracting(column -> column.type().kind())
                .containsExactly(Kind.STRING, Kind.STRING, Kind.BIGINT);
        assertThat(schema.key()).containsExactly(0);
    }

    @Test
    void readsTypesInAnyCaseAndNamesInBackQuotes() {
        TableSchema schema = TableSchema.parse(
                " `full.name`  string ,price\tdecimal ( 10 , 2 ),born Date, at timestamp(3),`select` TimeStamp",
                "`select` , full.name");

        assertThat(schema.ddl())
                .isEqualTo("`full.name` STRING, `price` DECIMAL(10,2), `born` DATE, `at` TIMESTAMP(3),"
                        + " `select` TIMESTAMP");
        assertThat(schema.key()).containsExactly(4, 0);
        assertThat(schema.keyText()).isEqualTo("select,full.name");
    }

    @Test
    void isReadBackFromItsText() {
        TableSchema schema = TableSchema.parse(
                "a STRING, b BOOLEAN, c INT, d BIGINT, e DOUBLE, f DECIMAL(38,38), g DECIMAL(1,0), h DATE, i TIMESTAMP,"
                        + " j TIMESTAMP(3), k TIMESTAMP(6), l TIMESTAMP(9), m BINARY, Größe INT",
                "m,a");

        assertThat(TableSchema.parse(schema.ddl(), schema.keyText())).isEqualTo(schema);
    }

    @Test
    void aPlainTimestampCountsMicroseconds() {
        assertThat(ColumnType.parse("TIMESTAMP")).isEqualTo(ColumnType.parse("TIMESTAMP(6)"));
    }

    @Test
    void findsAColumnByItsName() {
        TableSchema schema = TableSchema.parse("id STRING, balance BIGINT", "id");

        assertThat(schema.indexOf("balance")).isEqualTo(1);
        assertThat(schema.indexOf("BALANCE")).isEqualTo(-1);
    }

    @Test
    void tellsAllProblemsAtOnce() {
        List<String> problems = TableSchema.problems(
                "id STRING, ID INT, price DECIMAL(39,2), rate DOUBLE, name VARCHAR, lonely, at TIMESTAMP(4), b INT(3)",
                "rate,price,id,nobody,id");

        assertThat(problems)
                .satisfiesExactly(
                        problem -> assertThat(problem).contains("column price: DECIMAL(39,2)", "1 to 38"),
                        problem -> assertThat(problem).contains("column name: \"VARCHAR\" is no type", "DECIMAL"),
                        problem -> assertThat(problem).contains("\"lonely\" needs a name and a type"),
                        problem -> assertThat(problem).contains("column at: a TIMESTAMP has 3, 6 or 9 digits"),
                        problem -> assertThat(problem).contains("column b: INT has no precision"),
                        problem -> assertThat(problem).contains("\"nobody\" is not in the schema"),
                        problem -> assertThat(problem).contains("column ID is there twice"),
                        problem -> assertThat(problem).contains("key column rate is DOUBLE"),
                        problem -> assertThat(problem).contains("the key has the column id twice"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "id",
                "id STRING,",
                ",id STRING",
                "id STRING,,name STRING",
                "`id STRING",
                "`` STRING",
                "id DECIMAL",
                "id DECIMAL(0,0)",
                "id DECIMAL(2,3)",
                "id DECIMAL(2,-1)",
                "id DECIMAL(2,1",
                "id DECIMAL(2,1,1)",
                "id DECIMAL(99999999999,1)",
                "id STRING NOT NULL",
                "`a b` INT",
                "a=b INT",
                "`a\"b` INT",
                "`a\\b` INT"
            })
    void refusesWhatIsNoSchema(String schema) {
        assertThat(TableSchema.problems(schema, "id")).isNotEmpty();
        assertThatThrownBy(() -> TableSchema.parse(schema, "id")).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", "id,", "ID", "id,id", "rate"})
    void refusesWhatIsNoKey(String key) {
        assertThat(TableSchema.problems("id STRING, rate DOUBLE", key)).isNotEmpty();
    }
}
