package cdf.dashboard;

import com.sun.net.httpserver.Headers;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Decides who may ask. A web page elsewhere must not read or do anything here through the user's browser: not by its own
 * requests (they have its {@code Origin}), and not by a name of its own that it lets point here (DNS rebinding; that name
 * is then in {@code Host}). Who comes through the network shows a token.
 */
final class Guard {
    static final String COOKIE = "cdf-dashboard";

    private static final Pattern IP_ADDRESS = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}|\\[[0-9a-f:.]+]");
    private static final Pattern PORT = Pattern.compile(":\\d{1,5}$");
    private static final String BEARER = "Bearer ";

    private final Optional<String> token;
    private final boolean local;
    private final Set<String> names = new HashSet<>(Set.of("localhost", "127.0.0.1", "[::1]", "[0:0:0:0:0:0:0:1]"));

    Guard(DashboardSettings settings) {
        token = settings.token();
        local = DashboardSettings.isLocal(settings.host());
        names.add(settings.host().toLowerCase(Locale.ROOT));
        if (!local) {
            try {
                names.add(InetAddress.getLocalHost().getHostName().toLowerCase(Locale.ROOT));
            } catch (UnknownHostException nameless) {
                // Then it is asked by its address, which is always allowed here.
            }
        }
    }

    /** Whether a request is for this server by a name of its own. */
    boolean knowsHost(Headers headers) {
        String host = headers.getFirst("Host");
        if (host == null) {
            return false;
        }
        String name = PORT.matcher(host.toLowerCase(Locale.ROOT)).replaceFirst("");
        // An address cannot be rebound, only a name can.
        return names.contains(name) || (!local && IP_ADDRESS.matcher(name).matches());
    }

    /** Whether a request comes from no page, or from one of this server's. */
    boolean knowsOrigin(Headers headers) {
        return headers.getFirst("Origin") == null || fromOwnPage(headers);
    }

    /** Whether a request comes from a page of this server. */
    boolean fromOwnPage(Headers headers) {
        String origin = headers.getFirst("Origin");
        return origin != null && origin.equals("http://" + headers.getFirst("Host"));
    }

    /** Whether a request shows the token, if one is needed: as a cookie, or as a bearer token. */
    boolean admits(Headers headers) {
        if (token.isEmpty()) {
            return true;
        }
        String authorization = headers.getFirst("Authorization");
        if (authorization != null && authorization.startsWith(BEARER)) {
            return isToken(authorization.substring(BEARER.length()));
        }
        for (String cookies : headers.getOrDefault("Cookie", List.of())) {
            for (String cookie : cookies.split(";", -1)) {
                int equals = cookie.indexOf('=');
                if (equals > 0
                        && cookie.substring(0, equals).strip().equals(COOKIE)
                        && isToken(cookie.substring(equals + 1).strip())) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Whether a text is the token, in a time that does not tell how much of it is right. */
    boolean isToken(String text) {
        return token.isPresent()
                && MessageDigest.isEqual(
                        token.get().getBytes(StandardCharsets.UTF_8), text.getBytes(StandardCharsets.UTF_8));
    }
}
