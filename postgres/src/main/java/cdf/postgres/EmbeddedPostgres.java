package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;

import java.io.File;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A PostgreSQL server of this machine, as a process of its own: reachable from here alone, at a free port, with a random
 * password, and ready for capture ({@code wal_level=logical}). Its directory is used for the first time or again. Not
 * thread-safe.
 */
public final class EmbeddedPostgres implements AutoCloseable {
    private static final String SUPERUSER = "postgres";
    private static final String PASSWORD_FILE = "pgpass";
    private static final String NO_DATABASE = "3D000";
    private static final String ROOT = "root";
    /** What a shell takes as it stands. */
    private static final Pattern PLAIN_WORD = Pattern.compile("[\\w@%+=:,./-]+");

    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final Duration READY_CHECK = Duration.ofMillis(20);
    private static final int PASSWORD_BYTES = 18;

    private final Path programs;
    private final Path directory;
    private final DatabaseAddress address;
    private Process server;

    private EmbeddedPostgres(Path programs, Path directory, DatabaseAddress address, Process server) {
        this.programs = programs;
        this.directory = directory;
        this.address = address;
        this.server = server;
    }

    /** Starts the PostgreSQL that Maven brought, with its data below this directory. */
    public static EmbeddedPostgres start(Path directory) {
        return start(PostgresBinaries.unpack(directory.toAbsolutePath().resolve("programs")), directory, Map.of());
    }

    /**
     * Starts an installed PostgreSQL.
     *
     * @param programs where {@code initdb} and {@code postgres} are
     * @param settings server settings, before cdf's own; only a new directory takes them
     */
    public static EmbeddedPostgres start(Path programs, Path directory, Map<String, String> settings) {
        Path absolute = directory.toAbsolutePath();
        Path passwordFile = absolute.resolve("password");
        try {
            Files.createDirectories(absolute);
            if (!Files.exists(absolute.resolve("data").resolve("PG_VERSION"))) {
                writePrivately(passwordFile, randomPassword());
                initialize(programs, absolute, passwordFile, settings);
            }
            int port = freePort();
            DatabaseAddress address = DatabaseAddress.parse(
                            "postgresql://" + SUPERUSER + "@127.0.0.1:" + port + "/" + SUPERUSER)
                    .withPassword(Files.readString(passwordFile));
            writePasswordFile(absolute.resolve(PASSWORD_FILE), address);
            Process server = launch(programs, absolute, port);
            EmbeddedPostgres started = new EmbeddedPostgres(programs, absolute, address, server);
            started.awaitReady();
            return started;
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot start PostgreSQL in " + absolute + ": " + failure.getMessage(),
                    "choose a directory that this user may write, with some 100 MB of space",
                    failure);
        }
    }

    private static Map<String, String> serverSettings(Map<String, String> given) {
        Map<String, String> all = new LinkedHashMap<>();
        all.put("wal_level", "logical");
        all.put("synchronous_commit", "on");
        all.put("max_wal_senders", "10");
        all.put("max_replication_slots", "10");
        all.putAll(given);
        all.put("listen_addresses", "127.0.0.1");
        all.put("unix_socket_directories", "");
        return all;
    }

    private static String randomPassword() {
        byte[] bytes = new byte[PASSWORD_BYTES];
        new SecureRandom().nextBytes(bytes);
        return HexFormat.of().formatHex(bytes);
    }

    private static void writePasswordFile(Path file, DatabaseAddress address) throws IOException {
        writePrivately(
                file,
                String.join(
                                ":",
                                address.host(),
                                "*",
                                "*",
                                SUPERUSER,
                                address.password().orElse("")) + "\n");
    }

    private static void writePrivately(Path file, String text) throws IOException {
        Files.deleteIfExists(file);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static void initialize(Path programs, Path directory, Path passwordFile, Map<String, String> settings)
            throws IOException {
        List<String> command = command(
                programs,
                "initdb",
                "--pgdata=" + directory.resolve("data"),
                "--username=" + SUPERUSER,
                "--auth=scram-sha-256",
                "--pwfile=" + passwordFile,
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync");
        Process process = run(command, directory);
        if (await(process) != 0) {
            throw failed(directory, "initdb");
        }
        List<String> lines = serverSettings(settings).entrySet().stream()
                .map(setting -> setting.getKey() + " = " + Sql.literal(setting.getValue()))
                .toList();
        Files.write(directory.resolve("data").resolve("postgresql.conf"), lines, StandardOpenOption.APPEND);
    }

    private static Process launch(Path programs, Path directory, int port) throws IOException {
        return run(
                command(programs, "postgres", "-D", directory.resolve("data").toString(), "-p", Integer.toString(port)),
                directory);
    }

    /**
     * The words of a command. In a session of its own it hears nothing of a terminal's Ctrl-C: it is for us to end it. PostgreSQL
     * refuses to run as root; in a user namespace root is nobody in particular. Each of the programs becomes the next, so the
     * process is PostgreSQL's own.
     */
    private static List<String> command(Path programs, String program, String... arguments) {
        List<String> command = new ArrayList<>();
        if (isInstalled("setsid")) {
            command.add("setsid");
        }
        if (ROOT.equals(System.getProperty("user.name"))) {
            command.addAll(List.of("unshare", "--user"));
        }
        command.add(programs.resolve(program).toString());
        command.addAll(List.of(arguments));
        return command;
    }

    private static boolean isInstalled(String program) {
        String path = Optional.ofNullable(System.getenv("PATH")).orElse("");
        return Stream.of(path.split(File.pathSeparator))
                .anyMatch(directory -> Files.isExecutable(Path.of(directory, program)));
    }

    private static Process run(List<String> command, Path directory) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(directory.resolve("log").toFile()));
        // Ours would make it speak another language, or use another directory.
        builder.environment().keySet().removeIf(name -> name.startsWith("PG") || name.startsWith("LC_"));
        builder.environment().put("LC_ALL", "C");
        return builder.start();
    }

    private static int await(Process process) {
        try {
            return process.waitFor();
        } catch (InterruptedException stopped) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new CdfException(
                    ExitCode.INTERRUPTED, "interrupted while PostgreSQL started", "run it again", stopped);
        }
    }

    private static CdfException failed(Path directory, String what) {
        return new CdfException(
                ExitCode.FAILED,
                what + " failed in " + directory,
                "what PostgreSQL says is in " + directory.resolve("log"));
    }

    private void awaitReady() {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try (Connection connection = address.open()) {
                if (connection.isValid(0)) {
                    return;
                }
            } catch (SQLException notYet) {
                if (!server.isAlive() || System.nanoTime() - deadline > 0) {
                    server.destroyForcibly();
                    throw failed(directory, "postgres");
                }
                LockSupport.parkNanos(READY_CHECK.toNanos());
            }
        }
    }

    /** How its superuser reaches the database postgres. */
    public DatabaseAddress address() {
        return address;
    }

    /** Makes a database, and says how its superuser reaches it. */
    public DatabaseAddress createDatabase(String name) {
        try (Connection connection = address.open();
                var statement = connection.createStatement()) {
            statement.execute("CREATE DATABASE " + Sql.identifier(name));
            return address.withDatabase(name);
        } catch (SQLException failure) {
            throw DatabaseFailures.running(address, "CREATE DATABASE " + name, failure);
        }
    }

    /** Makes a database unless it is there, and says how its superuser reaches it. */
    public DatabaseAddress ensureDatabase(String name) {
        DatabaseAddress database = address.withDatabase(name);
        try {
            database.open().close();
            return database;
        } catch (SQLException failure) {
            if (NO_DATABASE.equals(failure.getSQLState())) {
                return createDatabase(name);
            }
            throw DatabaseFailures.connecting(database, failure);
        }
    }

    /** What to type into a shell for a prompt of a database: the password is in a file that only this user can read. */
    public String shellCommand(String database) {
        String file = directory.resolve(PASSWORD_FILE).toString();
        String word = PLAIN_WORD.matcher(file).matches() ? file : "'" + file.replace("'", "'\\''") + "'";
        return "PGPASSFILE=" + word + " psql -h 127.0.0.1 -p " + address.port() + " -U " + SUPERUSER + " " + database;
    }

    /** Where initdb and the others are. */
    Path programs() {
        return programs;
    }

    /** The process that all others of the server come from. */
    public long processId() {
        return server.pid();
    }

    /** Ends the server and all its connections at once, as a crash would: it is left to its log to recover. */
    public void kill() {
        List<ProcessHandle> backends = server.descendants().toList();
        server.destroyForcibly();
        backends.forEach(ProcessHandle::destroyForcibly);
        await(server);
        backends.forEach(backend -> backend.onExit().join());
    }

    /** Starts the server again, at the same port and with the same data, after {@link #kill} or {@link #stop}. */
    public void restart() {
        try {
            server = launch(programs, directory, address.port());
        } catch (IOException failure) {
            throw new CdfException(
                    ExitCode.FAILED, "cannot start PostgreSQL again: " + failure.getMessage(), "run it again", failure);
        }
        awaitReady();
    }

    /** Shuts the server down without waiting for its clients; all data is on the disk afterwards. */
    public void stop() {
        if (server.isAlive()) {
            // SIGINT, PostgreSQL's fast shutdown: Java sends only SIGTERM, which waits for clients to go.
            signal("INT");
            try {
                if (!server.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                    kill();
                }
            } catch (InterruptedException stopped) {
                kill();
                Thread.currentThread().interrupt();
            }
        }
    }

    private void signal(String name) {
        try {
            await(new ProcessBuilder("kill", "-" + name, Long.toString(server.pid())).start());
        } catch (IOException noSuchProgram) {
            throw new IllegalStateException("no program kill", noSuchProgram);
        }
    }

    @Override
    public void close() {
        stop();
    }
}
