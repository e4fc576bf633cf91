package cdf.dashboard;

import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Answers requests. There is a fixed set of paths, which are looked up and never resolved. GET changes nothing; what
 * changes something is a POST from a page of this server. Nothing may be read from another origin, so there is no CORS.
 */
final class Site {
    private static final Map<String, String> SECURITY_HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "X-Frame-Options",
            "DENY",
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Opener-Policy",
            "same-origin",
            "Cross-Origin-Resource-Policy",
            "same-origin");

    private static final String TEXT = "text/plain; charset=utf-8";
    private static final String JSON = "application/json";
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private static final int NOT_ANSWERED = -1;
    private static final String TOKEN_QUERY = "token=";
    private static final String TABLE_QUERY = "table=";

    private interface Handler {
        void handle(HttpExchange exchange) throws IOException;
    }

    private interface TableHandler {
        void handle(HttpExchange exchange, Pipeline table) throws IOException;
    }

    private final Guard guard;
    private final Pulse pulse;
    private final Map<String, Asset> assets = Asset.all();
    private final Map<String, byte[]> loaded = new ConcurrentHashMap<>();
    private final Map<String, Handler> reads;
    private final Map<String, Handler> actions;

    Site(Guard guard, Pulse pulse) {
        this.guard = guard;
        this.pulse = pulse;
        reads = Map.of(
                "/api/stream",
                ofTable(this::stream),
                "/api/status",
                ofTable((exchange, table) -> answer(exchange, 200, JSON, pulse.status(table))),
                "/metrics",
                exchange -> answer(exchange, 200, PROMETHEUS, pulse.metrics()),
                "/healthz",
                this::healthz);
        actions = Map.of("/api/verify", ofTable(Site::verify));
    }

    /** Finds the table that the address names by its topic, or the first if it names none. */
    private Handler ofTable(TableHandler handler) {
        return exchange -> {
            String query = exchange.getRequestURI().getRawQuery();
            Optional<String> topic = Optional.ofNullable(query)
                    .filter(text -> text.startsWith(TABLE_QUERY))
                    .map(text -> text.substring(TABLE_QUERY.length()));
            Optional<Pipeline> table = pulse.find(topic);
            if (table.isPresent()) {
                handler.handle(exchange, table.get());
            } else {
                answer(exchange, 404, TEXT, "There is no such table here.\n");
            }
        };
    }

    /** Answers one request. */
    void handle(HttpExchange exchange) throws IOException {
        try {
            SECURITY_HEADERS.forEach(exchange.getResponseHeaders()::set);
            Headers request = exchange.getRequestHeaders();
            if (!guard.knowsHost(request)) {
                answer(exchange, 421, TEXT, "This server has another name.\n");
            } else if (!guard.knowsOrigin(request)) {
                answer(exchange, 403, TEXT, "Not for other pages.\n");
            } else if (!guard.admits(request)) {
                logIn(exchange);
            } else {
                route(exchange);
            }
        } catch (RuntimeException bug) {
            if (exchange.getResponseCode() != NOT_ANSWERED) {
                throw bug;
            }
            answer(exchange, 500, TEXT, "This is a bug in cdf: " + bug + "\n");
        } finally {
            exchange.close();
        }
    }

    private void route(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getRawPath();
        boolean post = exchange.getRequestMethod().equals("POST");
        boolean get = exchange.getRequestMethod().equals("GET")
                || exchange.getRequestMethod().equals("HEAD");
        Asset asset = assets.get(path);
        Handler read = reads.get(path);
        Handler action = actions.get(path);
        if (asset != null && get) {
            exchange.getResponseHeaders().set("Cache-Control", "no-cache");
            answer(exchange, 200, asset.contentType(), loaded.computeIfAbsent(path, missing -> asset.bytes()));
        } else if (read != null && get) {
            exchange.getResponseHeaders().set("Cache-Control", "no-store");
            read.handle(exchange);
        } else if (action != null && post) {
            if (guard.fromOwnPage(exchange.getRequestHeaders())) {
                action.handle(exchange);
            } else {
                answer(exchange, 403, TEXT, "Only for the page of this server.\n");
            }
        } else if (asset != null || read != null || action != null) {
            exchange.getResponseHeaders().set("Allow", action != null ? "POST" : "GET, HEAD");
            answer(exchange, 405, TEXT, "Not by this method.\n");
        } else {
            answer(exchange, 404, TEXT, "There is nothing here.\n");
        }
    }

    /** Takes the token from the address, where the terminal shows it, into a cookie that no script can read. */
    private void logIn(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().getRawQuery();
        boolean shown =
                query != null && query.startsWith(TOKEN_QUERY) && guard.isToken(query.substring(TOKEN_QUERY.length()));
        if (!shown) {
            exchange.getResponseHeaders().set("WWW-Authenticate", "Bearer");
            answer(exchange, 401, TEXT, "Open the address that cdf printed when it started: it has the token.\n");
            return;
        }
        exchange.getResponseHeaders()
                .set(
                        "Set-Cookie",
                        Guard.COOKIE + "=" + query.substring(TOKEN_QUERY.length())
                                + "; Path=/; HttpOnly; SameSite=Lax");
        exchange.getResponseHeaders().set("Location", "/");
        answer(exchange, 303, TEXT, "");
    }

    private void healthz(HttpExchange exchange) throws IOException {
        Map<String, Health> tables = pulse.health();
        boolean bad = tables.values().stream().anyMatch(health -> health.state().level() == Health.Level.BAD);
        StringBuilder text = new StringBuilder();
        tables.forEach((topic, health) -> text.append(tables.size() > 1 ? topic + ": " : "")
                .append(health.text())
                .append('\n'));
        answer(exchange, bad ? 503 : 200, TEXT, text.toString());
    }

    private static void verify(HttpExchange exchange, Pipeline table) throws IOException {
        switch (table.verifications().start()) {
            case STARTED -> answer(exchange, 202, TEXT, "A verification has begun.\n");
            case RUNNING_ALREADY -> answer(exchange, 409, TEXT, "A verification is running.\n");
            case NONE_THERE -> answer(exchange, 404, TEXT, "No verification can be run here.\n");
        }
    }

    private void stream(HttpExchange exchange, Pipeline table) throws IOException {
        if (!exchange.getRequestMethod().equals("GET")) {
            answer(exchange, 200, "text/event-stream", "");
            return;
        }
        EventStreams.Stream stream = pulse.open(table);
        if (stream == null) {
            exchange.getResponseHeaders().set("Retry-After", "10");
            answer(exchange, 503, TEXT, "Too many pages are open.\n");
            return;
        }
        try {
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            stream.writeTo(exchange.getResponseBody());
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
        } finally {
            stream.close();
        }
    }

    private static void answer(HttpExchange exchange, int status, String contentType, String body) throws IOException {
        answer(exchange, status, contentType, body.getBytes(StandardCharsets.UTF_8));
    }

    private static void answer(HttpExchange exchange, int status, String contentType, byte[] body) throws IOException {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(status, head || body.length == 0 ? -1 : body.length);
        if (!head) {
            try (OutputStream out = exchange.getResponseBody()) {
                out.write(body);
            }
        }
    }
}
