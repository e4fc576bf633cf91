package cdf.cli;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import cdf.dashboard.DashboardSettings;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/** Where to serve the live page. */
final class DashboardOptions {
    private static final int TOKEN_BYTES = 18;
    private static final int LARGEST_PORT = 65_535;

    @Option(
            names = "--dashboard-port",
            paramLabel = "PORT",
            description = "Serve the live page, with metrics for Prometheus, at this port; 0 for any.")
    private @Nullable Integer port;

    @Option(
            names = "--dashboard-host",
            paramLabel = "HOST",
            defaultValue = DashboardSettings.LOCAL_HOST,
            description = "Serve the live page at this address of the machine. Default: " + DashboardSettings.LOCAL_HOST
                    + ". Any other needs a token, which is part of the address that is printed; it goes through the"
                    + " network as it is, so put a proxy with TLS before it.")
    private String host = DashboardSettings.LOCAL_HOST;

    @Option(
            names = "--dashboard-token-file",
            paramLabel = "FILE",
            description = "A file with the token to ask for, so that it stays the same. Default: a new one each time.")
    private @Nullable Path tokenFile;

    /** All that is wrong with these options. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        if (port != null && (port < 0 || port > LARGEST_PORT)) {
            problems.add("--dashboard-port: " + port + " is no port; 0 to " + LARGEST_PORT);
        }
        if (tokenFile != null && !Files.isReadable(tokenFile)) {
            problems.add("--dashboard-token-file: cannot read " + tokenFile);
        }
        return problems;
    }

    /** Whether a port is given. */
    boolean asked() {
        return port != null;
    }

    DashboardSettings settings() {
        boolean open = tokenFile == null && DashboardSettings.isLocal(host);
        return new DashboardSettings(
                host,
                port == null ? OptionalInt.empty() : OptionalInt.of(port),
                open ? Optional.empty() : Optional.of(token()));
    }

    private String token() {
        if (tokenFile == null) {
            byte[] random = new byte[TOKEN_BYTES];
            new SecureRandom().nextBytes(random);
            return Base64.getUrlEncoder().withoutPadding().encodeToString(random);
        }
        try {
            String token = Files.readString(tokenFile).strip();
            if (token.matches("[A-Za-z0-9_.~-]{16,}")) {
                return token;
            }
        } catch (IOException unreadable) {
            throw badToken(unreadable);
        }
        throw badToken(null);
    }

    private CdfException badToken(@Nullable IOException cause) {
        return new CdfException(
                ExitCode.WRONG_USAGE,
                "--dashboard-token-file: " + tokenFile + " has no token",
                "write one line into it: 16 or more letters, digits, '-', '_', '.' or '~'",
                cause);
    }
}
