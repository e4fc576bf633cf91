package cdf.postgres;

import org.junit.jupiter.api.Test;

import java.util.List;

import static java.util.stream.Collectors.joining;
import static org.assertj.core.api.Assertions.assertThat;

class SqlTest {
    @Test
    void everyNameIsItselfInTheServersEyesAndPlainWhereItCanBe() {
        TestDatabase database = TestServer.database();
        List<String> keywords = database.query("SELECT word FROM pg_get_keywords()");
        String each = keywords.stream()
                .map(word ->
                        "SELECT %1$s.%1$s FROM (SELECT '%2$s' AS %1$s) AS %1$s".formatted(Sql.identifier(word), word))
                .collect(joining(" UNION ALL "));

        assertThat(database.query(each)).isEqualTo(keywords);
        assertThat(Sql.identifier("users")).isEqualTo("users");
        assertThat(Sql.identifier("order")).isEqualTo("\"order\"");
        assertThat(Sql.identifier("Orders")).isEqualTo("\"Orders\"");
        assertThat(Sql.identifier("a\"b")).isEqualTo("\"a\"\"b\"");
    }
}
