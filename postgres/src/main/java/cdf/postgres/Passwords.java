package cdf.postgres;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where a database's password may stand. */
public final class Passwords {
    private Passwords() {}

    /**
     * The address with the first password that there is: {@code PGPASSWORD}, the file of {@code PGPASSFILE}, {@code
     * database.password} or {@code password} of the settings, {@code ~/.pgpass}. None is fine where the server asks for none.
     *
     * @param settings those of the file of {@code --command-config}
     * @throws cdf.change.CdfException if a password file cannot be read, or others can read it
     */
    public static DatabaseAddress add(
            DatabaseAddress address, Map<String, String> environment, Map<String, String> settings) {
        return given(environment, "PGPASSWORD")
                .or(() -> given(environment, "PGPASSFILE").flatMap(file -> PasswordFile.find(Path.of(file), address)))
                .or(() -> given(settings, "database.password"))
                .or(() -> given(settings, "password"))
                .or(() -> ofHome(environment, address))
                .map(address::withPassword)
                .orElse(address);
    }

    private static Optional<String> given(Map<String, String> values, String name) {
        return Optional.ofNullable(values.get(name)).filter(value -> !value.isEmpty());
    }

    private static Optional<String> ofHome(Map<String, String> environment, DatabaseAddress address) {
        return given(environment, "HOME")
                .map(home -> Path.of(home, ".pgpass"))
                .filter(Files::isReadable)
                .flatMap(file -> PasswordFile.find(file, address));
    }
}
