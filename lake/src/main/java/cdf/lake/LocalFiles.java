package cdf.lake;

import org.apache.hadoop.fs.FileAlreadyExistsException;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Options.Rename;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.hadoop.fs.permission.FsPermission;

import java.io.IOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;

/**
 * Hadoop's local file system, with two differences.
 *
 * <p>It starts no processes. Where its native library is missing, as it is for who takes Hadoop from Maven, Hadoop's own
 * runs {@code chmod} for every file that it writes and {@code readlink} for every one that it renames, two dozen in a
 * small commit.
 *
 * <p>And a rename that must not overwrite does not, whatever another process does meanwhile. Delta Lake commits by such
 * a rename; Hadoop's own looks first and overwrites then, so of two commits of one version it could lose one.
 *
 * <p>It writes no checksum files beside the files.
 */
public final class LocalFiles extends LocalFileSystem {
    /** Called by Hadoop. */
    public LocalFiles() {
        super(new Raw());
        setWriteChecksum(false);
        setVerifyChecksum(false);
    }

    /** What is below Hadoop's checksums. */
    static final class Raw extends RawLocalFileSystem {
        @Override
        public void setPermission(Path path, FsPermission permission) throws IOException {
            java.nio.file.Path file = pathToFile(path).toPath();
            if (!permission.getStickyBit()
                    && file.getFileSystem().supportedFileAttributeViews().contains("posix")) {
                Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(permission.toString()));
            } else {
                super.setPermission(path, permission);
            }
        }

        @Override
        public FileStatus getFileLinkStatus(Path path) throws IOException {
            return Files.isSymbolicLink(pathToFile(path).toPath())
                    ? super.getFileLinkStatus(path)
                    : getFileStatus(path);
        }

        @Override
        @Deprecated // as the method that it overrides is, though all of Hadoop's FileContext depends on it
        protected void rename(Path from, Path to, Rename... options) throws IOException {
            java.nio.file.Path source = pathToFile(from).toPath();
            if (List.of(options).contains(Rename.OVERWRITE) || !Files.isRegularFile(source)) {
                super.rename(from, to, options);
                return;
            }
            try {
                Files.createLink(pathToFile(to).toPath(), source);
            } catch (java.nio.file.FileAlreadyExistsException exists) {
                throw (IOException) new FileAlreadyExistsException("rename destination " + to + " already exists.")
                        .initCause(exists);
            } catch (UnsupportedOperationException | FileSystemException noLinks) {
                super.rename(from, to, options);
                return;
            }
            Files.delete(source);
        }
    }
}
