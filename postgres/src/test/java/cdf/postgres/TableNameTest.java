package cdf.postgres;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.util.List;
import java.util.Set;

import static org.assertj.core.api.Assertions.assertThat;

class TableNameTest {
    @ParameterizedTest
    @CsvSource(
            quoteCharacter = '`',
            value = {
                "users, public, users, public.users",
                "shop.orders, shop, orders, shop.orders",
                "Shop.Orders, Shop, Orders, `\"Shop\".\"Orders\"`",
                "shop.\"Order.Items\", shop, Order.Items, `shop.\"Order.Items\"`",
                "\"a\"\"b\".\"c d\", `a\"b`, c d, `\"a\"\"b\".\"c d\"`",
            })
    void nameIsTheCatalogsAndQuotedInSqlWhereItMust(String text, String schema, String table, String sql) {
        TableName name = TableName.parse(text).orElseThrow();

        assertThat(name).isEqualTo(new TableName(schema, table));
        assertThat(name.sql()).isEqualTo(sql);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ".", "a.", ".a", "a.b.c", "a b", "\"a", "\"\""})
    void whatIsNoNameIsNone(String text) {
        assertThat(TableName.parse(text)).isEmpty();
    }

    @Test
    void topicsThatTwoTablesWouldShareAreAProblem() {
        List<TableName> tables = List.of(new TableName("public", "a b"), new TableName("public", "a_b"));

        assertThat(CaptureSettings.problems(tables, "p", "s", "p", 1))
                .singleElement()
                .asString()
                .contains("public.a b", "public.a_b", "share the topic p.public.a_b");
    }

    @ParameterizedTest
    @CsvSource({"r023hf, cdf_r023hf", "Shop.EU-1, cdf_shop_eu_1"})
    void slotIsNamedAfterThePrefix(String prefix, String name) {
        assertThat(CaptureSettings.defaultName(prefix)).isEqualTo(name);
    }

    @Test
    void positionIsReadAsItWasWritten() {
        CapturePosition position = new CapturePosition(
                Lsn.parse("16/B374D848"), Set.of(new TableName("a.b", "c\"d"), new TableName("public", "é")));

        assertThat(CapturePosition.parse(position.toJson())).isEqualTo(position);
        assertThat(position.lsn()).hasToString("16/B374D848").isGreaterThan(Lsn.parse("0/FFFFFFFF"));
    }
}
