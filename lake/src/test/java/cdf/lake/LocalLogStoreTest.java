package cdf.lake;

import io.delta.storage.HDFSLogStore;
import io.delta.storage.LogStore;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocalFileSystem;
import org.apache.hadoop.fs.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

class LocalLogStoreTest {
    private static final Configuration HADOOP = new Configuration();
    private static final LogStore STORE = new LocalLogStore(HADOOP);

    @TempDir
    private java.nio.file.Path directory;

    private java.nio.file.Path log;

    @BeforeEach
    void makeLog() throws IOException {
        log = Files.createDirectories(directory.resolve("users of 100% [all]").resolve("_delta_log"));
        for (String name :
                List.of("2.json", "10.json", "1.json", "1.crc", "3.checkpoint.parquet", "_last_checkpoint")) {
            Files.writeString(log.resolve(name), name);
        }
        Files.createDirectory(log.resolve("_staged_commits"));
    }

    @Test
    void filesAreListedAsDeltasOwnStoreListsThem() throws IOException {
        for (String from : List.of("0", "10.json", "2", "3.json", "_", "z")) {
            List<FileStatus> listed = list(STORE, from);

            List<FileStatus> expected = list(new HDFSLogStore(HADOOP), from);
            assertThat(listed).as("from " + from).containsExactlyElementsOf(expected);
            for (int file = 0; file < listed.size(); file++) {
                assertThat(listed.get(file))
                        .extracting(FileStatus::getLen, FileStatus::isDirectory, FileStatus::getModificationTime)
                        .containsExactly(
                                expected.get(file).getLen(),
                                expected.get(file).isDirectory(),
                                expected.get(file).getModificationTime());
            }
        }
        assertThat(list(STORE, "2"))
                .extracting(file -> file.getPath().getName())
                .containsExactly("2.json", "3.checkpoint.parquet", "_last_checkpoint", "_staged_commits");
    }

    /** A file system in which no directory may be listed whole, as Delta's own store does. */
    public static final class Unlisted extends LocalFileSystem {
        @Override
        public FileStatus[] listStatus(Path directory) {
            throw new AssertionError("every file of " + directory + " is looked at");
        }
    }

    @Test
    void filesThatAreNotAskedForAreNotLookedAt() throws IOException {
        Configuration hadoop = new Configuration();
        hadoop.setClass("fs.file.impl", Unlisted.class, FileSystem.class);
        hadoop.setBoolean("fs.file.impl.disable.cache", true);
        Path from = new Path(new Path(log.toUri()), "3");

        assertThat(STORE.listFrom(from, hadoop).next().getPath().getName()).isEqualTo("3.checkpoint.parquet");
        assertThatThrownBy(() -> new HDFSLogStore(hadoop).listFrom(from, hadoop))
                .isInstanceOf(AssertionError.class);
    }

    @Test
    void aLogThatDoesNotExistIsSaidAsDeltaExpectsIt() {
        Path missing = new Path(directory.resolve("none").toUri().toString(), "0.json");

        assertThatThrownBy(() -> STORE.listFrom(missing, HADOOP)).isInstanceOf(FileNotFoundException.class);
    }

    private List<FileStatus> list(LogStore store, String from) throws IOException {
        List<FileStatus> files = new ArrayList<>();
        store.listFrom(new Path(new Path(log.toUri()), from), HADOOP).forEachRemaining(files::add);
        return files;
    }
}
