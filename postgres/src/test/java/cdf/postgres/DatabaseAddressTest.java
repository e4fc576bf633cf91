package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import java.util.Optional;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class DatabaseAddressTest {
    private static final String USER = System.getProperty("user.name");

    @ParameterizedTest
    @CsvSource({
        "postgresql://ada@db.example:5433/shop, db.example, 5433, shop, ada",
        "postgres://ada@db/shop, db, 5432, shop, ada",
        "postgresql://ada%40corp@my_db/my%20shop, my_db, 5432, my shop, ada@corp",
        "postgresql://ada@[::1]:5433/shop, ::1, 5433, shop, ada",
        "postgresql://ada@/shop, localhost, 5432, shop, ada",
        "postgresql://ada@db, db, 5432, ada, ada",
        "postgresql://ada@db/a+b?sslmode=require, db, 5432, a+b, ada",
    })
    void urlTellsHostPortDatabaseAndUser(String url, String host, int port, String database, String user) {
        DatabaseAddress address = DatabaseAddress.parse(url);

        assertThat(address.host()).isEqualTo(host);
        assertThat(address.port()).isEqualTo(port);
        assertThat(address.database()).isEqualTo(database);
        assertThat(address.user()).isEqualTo(user);
        assertThat(DatabaseAddress.parse(address.toString()).database()).isEqualTo(database);
    }

    @Test
    void userIsThatOfTheSystemIfTheUrlHasNone() {
        assertThat(DatabaseAddress.parse("postgresql://db/shop").user()).isEqualTo(USER);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "postgresql://ada:geheim@db/shop",
                "postgresql://ada@db/shop?password=geheim",
                "mysql://ada:geheim@db/shop",
                "postgresql://ada@db:99999/shop",
                "postgresql://ada@db/shop?sslfoo=geheim",
                "postgresql://ada@a,b:1/shop?x",
                "geheim"
            })
    void whatIsWrongIsToldWithoutTheText(String url) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> DatabaseAddress.parse(url))
                .withMessageNotContaining("geheim");
    }

    @Test
    void passwordIsInNoText() {
        DatabaseAddress address =
                DatabaseAddress.parse("postgresql://ada@db/shop").withPassword("geheim");

        assertThat(address.password()).hasValue("geheim");
        assertThat(address.toString()).isEqualTo("postgresql://ada@db:5432/shop");
        assertThat(String.valueOf(address.secret())).doesNotContain("geheim");
        assertThat(new CaptureSettings(address, List.of(new TableName("public", "users")), "p").toString())
                .doesNotContain("geheim");
    }

    @Test
    void passwordComesFromTheEnvironmentThenItsFileThenTheSettingsThenTheHomeDirectory(@TempDir Path home)
            throws IOException {
        DatabaseAddress address = DatabaseAddress.parse("postgresql://ada@db/shop");
        Path file = passwordFile(home.resolve("passwords"), "db:5432:shop:ada:file\n");
        passwordFile(home.resolve(".pgpass"), "*:*:*:*:home\n");
        Map<String, String> settings = Map.of("database.password", "settings");
        Map<String, String> atHome = Map.of("HOME", home.toString());

        assertThat(Passwords.add(address, Map.of("PGPASSWORD", "env", "PGPASSFILE", file.toString()), settings)
                        .password())
                .hasValue("env");
        assertThat(Passwords.add(address, Map.of("PGPASSFILE", file.toString()), settings)
                        .password())
                .hasValue("file");
        assertThat(Passwords.add(address, atHome, settings).password()).hasValue("settings");
        assertThat(Passwords.add(address, atHome, Map.of("password", "short")).password())
                .hasValue("short");
        assertThat(Passwords.add(address, atHome, Map.of()).password()).hasValue("home");
        assertThat(Passwords.add(address, Map.of(), Map.of()).password()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "db:5432:shop:ada:plain|plain",
                "# a comment|",
                "other:5432:shop:ada:wrong|",
                "*:*:*:ada:a:b:c|a:b:c",
                "db:5432:shop:ada:a\\:b\\\\c|a:b\\c",
            })
    void lineOfThePasswordFileFits(String line, String password, @TempDir Path directory) throws IOException {
        Path file = passwordFile(directory.resolve("passwords"), line + "\n");

        assertThat(PasswordFile.find(file, DatabaseAddress.parse("postgresql://ada@db/shop")))
                .isEqualTo(Optional.ofNullable(password));
    }

    @Test
    void passwordFileThatOthersCanReadIsRefused(@TempDir Path directory) throws IOException {
        Path file = passwordFile(directory.resolve("passwords"), "*:*:*:*:geheim\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

        CdfException refused = catchThrowableOfType(
                CdfException.class, () -> PasswordFile.find(file, DatabaseAddress.parse("postgresql://ada@db/shop")));

        assertThat(refused.hint()).isEqualTo("chmod 600 " + file);
    }

    @Test
    void passwordOfAnyCharactersConnectsAndIsNeverPrinted() throws SQLException {
        String password = "p@ss:w/o?r&d=%41 '\"\\é";
        TestDatabase database = TestServer.database();
        database.execute("CREATE ROLE ada LOGIN PASSWORD " + Sql.literal(password));
        DatabaseAddress ada = new DatabaseAddress(
                        "127.0.0.1", database.address().port(), database.prefix(), "ada", Map.of(), null)
                .withPassword(password);

        try (Connection connection = ada.connect()) {
            assertThat(connection.isValid(1)).isTrue();
        } finally {
            database.execute("DROP ROLE ada");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "postgresql://postgres@127.0.0.1:1/postgres, no PostgreSQL answers",
        "postgresql://postgres@127.0.0.1:PORT/postgres, refuses the user or the password",
        "postgresql://nobody@127.0.0.1:PORT/postgres, refuses the user or the password",
        "postgresql://postgres@127.0.0.1:PORT/nothing?rightPassword, has no such database",
    })
    void whyNobodyAnswersIsTold(String url, String problem) {
        DatabaseAddress server = TestServer.postgres().address();
        String text = url.replace("PORT", Integer.toString(server.port())).replace("?rightPassword", "");
        DatabaseAddress address = DatabaseAddress.parse(text)
                .withPassword(url.contains("?") ? server.password().orElseThrow() : "geheim");

        CdfException refused = catchThrowableOfType(CdfException.class, address::connect);

        assertThat(refused.problem()).contains(problem).doesNotContain("geheim");
        assertThat(refused.hint()).isNotEmpty();
        assertThat(refused.exitCode()).isEqualTo(ExitCode.BROKER_UNREACHABLE);
    }

    private static Path passwordFile(Path file, String content) throws IOException {
        Files.writeString(file, content);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-------"));
        return file;
    }
}
