package cdf.postgres;

import cdf.change.CdfException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

class EmbeddedPostgresTest {
    private static final Path PROGRAMS = TestServer.postgres().programs();

    private final Path directory;

    EmbeddedPostgresTest(@TempDir Path directory) {
        this.directory = directory;
    }

    @Test
    void dataAndPasswordStayWhenTheDirectoryIsUsedAgain() {
        DatabaseAddress before;
        try (EmbeddedPostgres server = start()) {
            before = server.createDatabase("shop");
            new TestDatabase(before).execute("CREATE TABLE users (id int)", "INSERT INTO users VALUES (7)");
        }

        try (EmbeddedPostgres server = start()) {
            TestDatabase shop = new TestDatabase(server.address().withDatabase("shop"));

            assertThat(shop.query("SELECT id FROM users")).isEqualTo(List.of("7"));
            assertThat(server.address().password()).isEqualTo(before.password());
        }
    }

    @Test
    void committedRowsOutliveAKill() {
        try (EmbeddedPostgres server = start()) {
            TestDatabase database = new TestDatabase(server.address());
            database.execute("CREATE TABLE users (id int)", "INSERT INTO users VALUES (7)");

            server.kill();
            CdfException away = catchThrowableOfType(CdfException.class, server.address()::connect);
            server.restart();

            assertThat(away.problem()).contains("no PostgreSQL answers");
            assertThat(database.query("SELECT id FROM users")).isEqualTo(List.of("7"));
        }
    }

    @Test
    void onlyWhoHasThePasswordGetsIn() throws IOException {
        try (EmbeddedPostgres server = start()) {
            DatabaseAddress wrong = server.address().withPassword("guess");

            CdfException refused = catchThrowableOfType(CdfException.class, wrong::connect);

            assertThat(refused.problem()).contains("refuses the user or the password");
            for (String file : List.of("password", "pgpass")) {
                assertThat(Files.getPosixFilePermissions(directory.resolve(file)))
                        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
            }
            assertThat(new TestDatabase(server.address()).query("SHOW listen_addresses"))
                    .isEqualTo(List.of("127.0.0.1"));
        }
    }

    @Test
    void noProcessIsLeft() {
        EmbeddedPostgres server = start();
        ProcessHandle process = ProcessHandle.of(server.processId()).orElseThrow();
        List<ProcessHandle> backends = process.descendants().toList();

        server.close();

        assertThat(backends).isNotEmpty();
        assertThat(process.isAlive()).isFalse();
        assertThat(backends).noneMatch(ProcessHandle::isAlive);
    }

    private EmbeddedPostgres start() {
        return EmbeddedPostgres.start(PROGRAMS, directory, Map.of());
    }
}
