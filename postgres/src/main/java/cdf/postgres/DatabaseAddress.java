package cdf.postgres;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.jspecify.annotations.Nullable;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a PostgreSQL database is, and as whom to connect. The password is never part of its text.
 *
 * @param parameters TLS settings by libpq's names
 * @param secret the password; null where the server asks for none
 */
public record DatabaseAddress(
        String host,
        int port,
        String database,
        String user,
        Map<String, String> parameters,
        @Nullable Password secret) {
    /** A password, which no text shows. */
    public record Password(String text) {
        @Override
        public String toString() {
            return "[hidden]";
        }
    }

    /** What the driver and Debezium both take. */
    private static final Set<String> PARAMETERS =
            Set.of("sslmode", "sslrootcert", "sslcert", "sslkey", "application_name");

    private static final int DEFAULT_PORT = 5432;
    private static final String CONNECT_SECONDS = "6";
    private static final Duration STARTING = Duration.ofSeconds(60);
    private static final Duration RETRY = Duration.ofMillis(100);

    private static final Pattern URL = Pattern.compile(
            "postgres(?:ql)?://(?:(?<user>[^/?#]*)@)?"
                    + "(?<host>\\[[0-9a-fA-F:.%]+]|[^/?#:@\\[\\],]*)(?::(?<port>\\d{1,5}))?(?:/(?<database>[^/?#]*))?(?:\\?(?<query>[^#]*))?");

    public DatabaseAddress {
        parameters = Map.copyOf(parameters);
    }

    /**
     * Reads {@code postgresql://user@host:port/database?sslmode=…}, percent-encoded as in any URL. Without a user it is this
     * system's, without a database that of the user's name, without a host localhost.
     *
     * @throws IllegalArgumentException saying what is wrong, without the text, which may hold a password
     */
    public static DatabaseAddress parse(String url) {
        Matcher parts = URL.matcher(url);
        if (!parts.matches()) {
            throw new IllegalArgumentException("this is not postgresql://USER@HOST:PORT/DATABASE");
        }
        String userInfo = Optional.ofNullable(parts.group("user")).orElse("");
        if (userInfo.contains(":")) {
            throw new IllegalArgumentException(
                    "a password in the URL would show in the list of processes; give it in"
                            + " PGPASSWORD, in the file of PGPASSFILE, or as database.password in the file of --command-config");
        }
        String user = userInfo.isEmpty() ? System.getProperty("user.name") : decoded(userInfo);
        String host = parts.group("host").replaceAll("[\\[\\]]", "");
        String database = decoded(Optional.ofNullable(parts.group("database")).orElse(""));
        int port =
                Optional.ofNullable(parts.group("port")).map(Integer::parseInt).orElse(DEFAULT_PORT);
        if (port == 0 || port > 65_535) {
            throw new IllegalArgumentException("there is no port " + port);
        }
        return new DatabaseAddress(
                host.isEmpty() ? "localhost" : decoded(host),
                port,
                database.isEmpty() ? user : database,
                user,
                parameters(Optional.ofNullable(parts.group("query")).orElse("")),
                null);
    }

    private static Map<String, String> parameters(String query) {
        Map<String, String> parameters = new TreeMap<>();
        for (String parameter : query.split("&", -1)) {
            if (parameter.isEmpty()) {
                continue;
            }
            String[] pair = parameter.split("=", 2);
            String name = decoded(pair[0]);
            if (!PARAMETERS.contains(name) || pair.length < 2) {
                throw new IllegalArgumentException(
                        (name.toLowerCase(java.util.Locale.ROOT).contains("password")
                                        ? "a password in the URL would show in the list of processes"
                                        : "'" + name + "' is no parameter of the URL")
                                + "; there are "
                                + String.join(", ", PARAMETERS.stream().sorted().toList()));
            }
            parameters.put(name, decoded(pair[1]));
        }
        return parameters;
    }

    private static String decoded(String text) {
        // A plus is a plus in a URL's path, and a space only in forms.
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    /** The same with this password. */
    public DatabaseAddress withPassword(String password) {
        return new DatabaseAddress(host, port, database, user, parameters, new Password(password));
    }

    /** Another database of the same server. */
    public DatabaseAddress withDatabase(String other) {
        return new DatabaseAddress(host, port, other, user, parameters, secret);
    }

    /** The password, if there is one. */
    public Optional<String> password() {
        return Optional.ofNullable(secret).map(Password::text);
    }

    /**
     * Connects; the caller closes. A server that is just starting is waited for.
     *
     * @throws CdfException with {@link ExitCode#BROKER_UNREACHABLE} if nobody answers or the server refuses
     */
    public Connection connect() {
        long deadline = System.nanoTime() + STARTING.toNanos();
        while (true) {
            try {
                return open();
            } catch (SQLException failure) {
                if (!DatabaseFailures.isStarting(failure) || System.nanoTime() - deadline > 0) {
                    throw DatabaseFailures.connecting(this, failure);
                }
                LockSupport.parkNanos(RETRY.toNanos());
            }
        }
    }

    /** Connects; failures are the driver's. */
    Connection open() throws SQLException {
        Properties properties = new Properties();
        properties.putAll(driverParameters());
        properties.setProperty("user", user);
        // Else the driver would look for one itself, at places that we may not have named.
        properties.setProperty("password", password().orElse(""));
        properties.setProperty("loginTimeout", CONNECT_SECONDS);
        properties.setProperty("connectTimeout", CONNECT_SECONDS);
        properties.setProperty("tcpKeepAlive", "true");
        return DriverManager.getConnection(
                "jdbc:postgresql://" + hostInUrl() + ":" + port + "/" + encoded(database), properties);
    }

    /** The parameters by the driver's names. */
    Map<String, String> driverParameters() {
        Map<String, String> renamed = new TreeMap<>(parameters);
        String application = renamed.remove("application_name");
        renamed.put("ApplicationName", application == null ? "cdf" : application);
        return renamed;
    }

    private String hostInUrl() {
        return host.contains(":") ? "[" + host + "]" : host;
    }

    private static String encoded(String text) {
        return java.net.URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The address as a URL, without the password. */
    @Override
    public String toString() {
        return "postgresql://" + encoded(user) + "@" + hostInUrl() + ":" + port + "/" + encoded(database);
    }
}
