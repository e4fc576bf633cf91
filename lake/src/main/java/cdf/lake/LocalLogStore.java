package cdf.lake;

import io.delta.storage.HDFSLogStore;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.Path;

import java.io.File;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/**
 * Delta's log on a local disk, of which no more files are looked at than asked for. Delta asks for the newest few; its own
 * store then asks the system several times about each file that the log has, and after some thousand commits that takes
 * longer than a commit.
 */
public final class LocalLogStore extends HDFSLogStore {
    /** Called by Delta. */
    public LocalLogStore(Configuration hadoop) {
        super(hadoop);
    }

    @Override
    public Iterator<FileStatus> listFrom(Path path, Configuration hadoop) throws IOException {
        Path parent = path.getFileSystem(hadoop).makeQualified(path.getParent());
        java.nio.file.Path directory = new File(parent.toUri()).toPath();
        List<FileStatus> files = new ArrayList<>();
        try (DirectoryStream<java.nio.file.Path> found =
                Files.newDirectoryStream(directory, file -> name(file).compareTo(path.getName()) >= 0)) {
            for (java.nio.file.Path file : found) {
                try {
                    files.add(status(
                            new Path(parent, name(file)), Files.readAttributes(file, BasicFileAttributes.class)));
                } catch (NoSuchFileException gone) {
                    // Somebody cleans the log up at this moment.
                }
            }
        } catch (DirectoryIteratorException failure) {
            throw failure.getCause();
        } catch (NoSuchFileException none) {
            throw (IOException) new FileNotFoundException("File " + parent + " does not exist").initCause(none);
        }
        files.sort(Comparator.comparing(file -> file.getPath().getName()));
        return files.iterator();
    }

    private static String name(java.nio.file.Path file) {
        return file.getFileName().toString();
    }

    private static FileStatus status(Path path, BasicFileAttributes attributes) {
        return new FileStatus(
                attributes.size(),
                attributes.isDirectory(),
                1,
                0,
                attributes.lastModifiedTime().toMillis(),
                path);
    }
}
