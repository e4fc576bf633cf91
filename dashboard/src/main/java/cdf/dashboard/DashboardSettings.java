package cdf.dashboard;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Where to serve the page.
 *
 * @param host the address to listen at
 * @param port the port, 0 for any; without one it is {@value #DEFAULT_PORT}, or any if that is taken
 * @param token what requests must show; whoever can reach any other address than this machine's own needs one
 */
public record DashboardSettings(String host, OptionalInt port, Optional<String> token) {
    public static final String LOCAL_HOST = "127.0.0.1";
    public static final int DEFAULT_PORT = 8080;

    public DashboardSettings {
        if (token.isEmpty() && !isLocal(host)) {
            throw new IllegalArgumentException("unchecked: " + host + " without a token");
        }
    }

    DashboardSettings withAnyPort() {
        return new DashboardSettings(host, OptionalInt.of(0), token);
    }

    /** Whether only this machine can reach an address. */
    public static boolean isLocal(String host) {
        try {
            return InetAddress.getByName(host).isLoopbackAddress();
        } catch (UnknownHostException unknown) {
            return false;
        }
    }
}
