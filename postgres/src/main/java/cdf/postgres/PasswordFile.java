package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** libpq's password file: {@code host:port:database:user:password} a line (PostgreSQL documentation, "The Password File"). */
final class PasswordFile {
    private static final int FIELDS = 5;

    private PasswordFile() {}

    /** The password of the first line that fits the address. */
    static Optional<String> find(Path file, DatabaseAddress address) {
        try {
            PosixFileAttributeView view = Files.getFileAttributeView(file, PosixFileAttributeView.class);
            if (view != null && isOpen(view.readAttributes().permissions())) {
                throw new CdfException(
                        ExitCode.FAILED, "others can read the password file " + file, "chmod 600 " + file);
            }
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isBlank() && !line.startsWith("#"))
                    .map(PasswordFile::fields)
                    .filter(fields -> fields.size() == FIELDS && fits(fields, address))
                    .map(fields -> fields.get(FIELDS - 1))
                    .findFirst();
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot read the password file " + file + ": " + failure.getMessage(),
                    "name another in PGPASSFILE, or give the password in PGPASSWORD",
                    failure);
        }
    }

    private static boolean isOpen(Set<PosixFilePermission> permissions) {
        return permissions.stream().anyMatch(permission -> !permission.name().startsWith("OWNER_"));
    }

    private static boolean fits(List<String> fields, DatabaseAddress address) {
        List<String> wanted =
                List.of(address.host(), Integer.toString(address.port()), address.database(), address.user());
        for (int index = 0; index < wanted.size(); index++) {
            if (!fields.get(index).equals("*") && !fields.get(index).equals(wanted.get(index))) {
                return false;
            }
        }
        return true;
    }

    /** The fields between colons; a backslash takes away the next character's meaning. The password may have colons. */
    private static List<String> fields(String line) {
        List<String> fields = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        for (int index = 0; index < line.length(); index++) {
            char character = line.charAt(index);
            if (character == '\\' && index + 1 < line.length()) {
                index++;
                field.append(line.charAt(index));
            } else if (character == ':' && fields.size() < FIELDS - 1) {
                fields.add(field.toString());
                field.setLength(0);
            } else {
                field.append(character);
            }
        }
        fields.add(field.toString());
        return fields;
    }
}
