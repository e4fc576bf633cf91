package cdf.broker;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.metadata.bootstrap.BootstrapDirectory;
import org.apache.kafka.metadata.properties.MetaProperties;
import org.apache.kafka.metadata.properties.MetaPropertiesEnsemble;
import org.apache.kafka.metadata.properties.MetaPropertiesVersion;
import org.apache.kafka.metadata.properties.PropertiesUtils;
import org.apache.kafka.metadata.storage.Formatter;
import org.apache.kafka.server.common.MetadataVersion;
import org.jspecify.annotations.Nullable;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/**
 * A broker's directory, formatted for Kafka and held by a lock until it is closed.
 *
 * <p>Kafka has a lock of its own, but in a combined node it takes it only after the metadata log is open; the second
 * broker on a directory would have written to it by then. So cdf locks a file of its own before it touches anything.
 */
final class DataDirectory implements AutoCloseable {
    private static final String LOCK = ".cdf.lock";
    private static final String KAFKA_LOCK = ".lock";
    private static final String META_PROPERTIES = MetaPropertiesEnsemble.META_PROPERTIES_NAME;

    /** What an interrupted first start may leave; Kafka writes meta.properties last. */
    private static final Set<String> UNFINISHED = Set.of(
            LOCK,
            META_PROPERTIES + ".tmp",
            BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME,
            BootstrapDirectory.BINARY_BOOTSTRAP_FILENAME + ".tmp");

    /** Asking for a lock that this process holds, and failing, would give it up: POSIX locks end with any close. */
    private static final Set<Path> HELD_HERE = ConcurrentHashMap.newKeySet();

    private final Path path;
    private final FileChannel lock;

    private DataDirectory(Path path, FileChannel lock) {
        this.path = path;
        this.lock = lock;
    }

    /** Creates, checks, locks and, where it is new, formats the directory. */
    static DataDirectory open(Path path) {
        create(path);
        refuseForeign(path);
        DataDirectory directory = new DataDirectory(path, lock(path));
        try {
            directory.refuseRunningKafka();
            if (Files.exists(path.resolve(META_PROPERTIES))) {
                directory.refuseOtherFormat();
            } else {
                directory.format();
            }
            return directory;
        } catch (RuntimeException refused) {
            Utils.closeQuietly(directory, LOCK);
            throw refused;
        }
    }

    private static void create(Path path) {
        try {
            Files.createDirectories(path);
        } catch (FileAlreadyExistsException inTheWay) {
            throw failed(path + " is not a directory", "choose another --data-dir", inTheWay);
        } catch (IOException uncreatable) {
            throw failed(
                    "the data directory " + path + " cannot be created: " + uncreatable,
                    "choose another --data-dir, or allow this user to write there",
                    uncreatable);
        }
    }

    private static void refuseForeign(Path path) {
        try (Stream<Path> entries = Files.list(path)) {
            boolean foreign = Files.notExists(path.resolve(META_PROPERTIES))
                    && entries.anyMatch(
                            entry -> !UNFINISHED.contains(entry.getFileName().toString()));
            if (foreign) {
                throw failed(
                        path + " holds other files and is no broker's data directory",
                        "choose an empty or a new directory with --data-dir",
                        null);
            }
        } catch (IOException | UncheckedIOException unreadable) {
            throw failed(
                    "the data directory " + path + " cannot be read: " + unreadable,
                    "choose another --data-dir, or allow this user to read it",
                    unreadable);
        }
    }

    private static FileChannel lock(Path path) {
        if (!HELD_HERE.add(path)) {
            throw inUse(path);
        }
        try {
            FileChannel channel =
                    FileChannel.open(path.resolve(LOCK), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            if (isFree(channel)) {
                return channel;
            }
            channel.close();
        } catch (IOException unwritable) {
            HELD_HERE.remove(path);
            throw failed(
                    "the data directory " + path + " cannot be written: " + unwritable,
                    "choose another --data-dir, or allow this user to write to it",
                    unwritable);
        }
        HELD_HERE.remove(path);
        throw inUse(path);
    }

    private void refuseRunningKafka() {
        Path kafkaLock = path.resolve(KAFKA_LOCK);
        if (Files.notExists(kafkaLock)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(kafkaLock, StandardOpenOption.WRITE)) {
            if (!isFree(channel)) {
                throw inUse(path);
            }
        } catch (IOException unwritable) {
            throw failed(
                    kafkaLock + " cannot be written: " + unwritable,
                    "allow this user to write to the data directory, or choose another --data-dir",
                    unwritable);
        }
    }

    /** The lock that is taken here is given back when the channel closes. */
    private static boolean isFree(FileChannel channel) throws IOException {
        try {
            FileLock taken = channel.tryLock();
            return taken != null;
        } catch (OverlappingFileLockException heldInThisProcess) {
            return false;
        }
    }

    private void refuseOtherFormat() {
        Path file = path.resolve(META_PROPERTIES);
        try {
            MetaProperties found =
                    new MetaProperties.Builder(PropertiesUtils.readPropertiesFile(file.toString())).build();
            if (found.version() != MetaPropertiesVersion.V1 || found.clusterId().isEmpty()) {
                throw otherFormat("it was not formatted for KRaft", null);
            }
            int node = found.nodeId().orElse(-1);
            if (node != ServerProperties.NODE_ID) {
                throw otherFormat(
                        "it belongs to node " + node + ", this broker is node " + ServerProperties.NODE_ID, null);
            }
        } catch (IOException | RuntimeException unreadable) {
            if (unreadable instanceof CdfException refused) {
                throw refused;
            }
            throw otherFormat(String.valueOf(unreadable.getMessage()), unreadable);
        }
    }

    private void format() {
        try {
            new Formatter()
                    .setPrintStream(new PrintStream(OutputStream.nullOutputStream(), false, StandardCharsets.UTF_8))
                    .setClusterId(Uuid.randomUuid().toString())
                    .setNodeId(ServerProperties.NODE_ID)
                    .setControllerListenerName(ServerProperties.CONTROLLER_LISTENER)
                    .setMetadataLogDirectory(path.toString())
                    .addDirectory(path.toString())
                    .setReleaseVersion(MetadataVersion.latestProduction())
                    .run();
        } catch (Exception unwritable) {
            throw failed(
                    "the data directory " + path + " cannot be formatted: " + unwritable.getMessage(),
                    "choose another --data-dir, or make room there",
                    unwritable);
        }
    }

    /** The directory is a Kafka's, but not one that this Kafka can go on with. */
    CdfException otherFormat(String why, @Nullable Throwable cause) {
        return failed(
                "the data directory " + path + " cannot be used by this version of Kafka: " + why,
                "choose another --data-dir, or run the Kafka that wrote it",
                cause);
    }

    private static CdfException inUse(Path path) {
        return failed(
                "the data directory " + path + " is in use by another broker",
                "stop that broker, or choose another --data-dir",
                null);
    }

    private static CdfException failed(String problem, String hint, @Nullable Throwable cause) {
        return new CdfException(ExitCode.FAILED, problem, hint, cause);
    }

    @Override
    public String toString() {
        return path.toString();
    }

    @Override
    public void close() throws IOException {
        lock.close();
        HELD_HERE.remove(path);
    }
}
