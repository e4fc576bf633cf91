package cdf.dashboard;

import com.sun.net.httpserver.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import java.io.IOException;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

/** Who may do what. */
class SecurityTest {
    private static final String TOKEN = "a-token-of-a-good-length";

    private final AtomicInteger verifications = new AtomicInteger();
    private Dashboard dashboard;
    private Dashboard guarded;

    @BeforeEach
    void start() {
        dashboard = start(Optional.empty());
        guarded = start(Optional.of(TOKEN));
    }

    @AfterEach
    void close() {
        dashboard.close();
        guarded.close();
    }

    private Dashboard start(Optional<String> token) {
        return Dashboard.start(
                new DashboardSettings(DashboardSettings.LOCAL_HOST, OptionalInt.of(0), token),
                new PipelineFeed(),
                SimulatedPipeline.NAMES,
                Optional.of(() -> {
                    verifications.incrementAndGet();
                    return new Verdict(true, 1, Duration.ZERO, 0, "Verified");
                }));
    }

    @Test
    void onlyThisMachineCanConnect() throws IOException {
        List<InetAddress> others = new ArrayList<>(NetworkInterface.networkInterfaces()
                .flatMap(NetworkInterface::inetAddresses)
                .filter(address -> !address.isLoopbackAddress())
                .toList());
        others.add(InetAddress.getByName("127.0.0.2")); // there always is one that is not listened at

        for (InetAddress address : others) {
            assertThatThrownBy(() -> new Socket(address, dashboard.port()).close())
                    .as(address.toString())
                    .isInstanceOf(IOException.class);
        }
        assertThat(Answer.get(dashboard.port(), "/").status()).isEqualTo(200);
    }

    @Test
    void anotherAddressNeedsAToken() {
        assertThatThrownBy(() -> new DashboardSettings("0.0.0.0", OptionalInt.of(0), Optional.empty()))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/api/status", "/api/stream", "/metrics", "/healthz", "/nothing"})
    void nothingIsToldWithoutTheToken(String path) throws IOException {
        Answer answer = Answer.get(guarded.port(), path);

        assertThat(answer.status()).isEqualTo(401);
        assertThat(answer.body()).doesNotContain("r023hf");
        assertThat(Answer.get(guarded.port(), path, "Authorization: Bearer not-" + TOKEN)
                        .status())
                .isEqualTo(401);
        assertThat(Answer.get(guarded.port(), path, "Cookie: " + Guard.COOKIE + "=" + TOKEN + "x")
                        .status())
                .isEqualTo(401);
    }

    @Test
    void theTokenOfTheAddressBecomesACookieThatNoScriptCanRead() throws IOException {
        Answer answer = Answer.get(guarded.port(), "/?token=" + TOKEN);

        assertThat(answer.status()).isEqualTo(303);
        assertThat(answer.header("Location")).contains("/");
        assertThat(answer.header("Set-Cookie").orElseThrow()).contains("HttpOnly", "SameSite=Lax");
        String cookie = answer.header("Set-Cookie").orElseThrow().replaceFirst(";.*", "");
        assertThat(Answer.get(guarded.port(), "/api/status", "Cookie: other=1; " + cookie)
                        .status())
                .isEqualTo(200);
        assertThat(Answer.get(guarded.port(), "/metrics", "Authorization: Bearer " + TOKEN)
                        .status())
                .isEqualTo(200);
        assertThat(guarded.address()).endsWith("/?token=" + TOKEN);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "evil.example",
                "evil.example:8080",
                "127.0.0.1.evil.example",
                "192.168.1.7",
                "localhost.evil.example:80"
            })
    void aNameThatWasLetPointHereIsRefused(String host) throws IOException {
        Answer answer = Answer.get(dashboard.port(), "/api/status", "Host: " + host);

        assertThat(answer.status()).isEqualTo(421);
        assertThat(answer.body()).doesNotContain("r023hf");
    }

    @Test
    void namesOfThisMachineAreKnown() throws IOException {
        for (String host : List.of("localhost", "127.0.0.1:8080", "LocalHost:1", "[::1]:80")) {
            assertThat(Answer.get(dashboard.port(), "/healthz", "Host: " + host).status())
                    .as(host)
                    .isEqualTo(200);
        }
    }

    @Test
    void aServerForOthersIsAskedByAnAddressOrANameOfItsOwn() {
        Guard guard = new Guard(new DashboardSettings("0.0.0.0", OptionalInt.of(0), Optional.of(TOKEN)));

        assertThat(guard.knowsHost(host("192.168.1.7:8080"))).isTrue();
        assertThat(guard.knowsHost(host("[fe80::1]:8080"))).isTrue();
        assertThat(guard.knowsHost(host("evil.example:8080"))).isFalse();
        assertThat(guard.knowsHost(host("192.168.1.7.evil.example"))).isFalse();
        assertThat(guard.knowsHost(new Headers())).isFalse();
    }

    private static Headers host(String value) {
        Headers headers = new Headers();
        headers.set("Host", value);
        return headers;
    }

    @ParameterizedTest
    @ValueSource(strings = {"http://evil.example", "null", "http://localhost:1", "https://localhost"})
    void aPageFromElsewhereGetsNothing(String origin) throws IOException {
        Answer answer = Answer.get(dashboard.port(), "/api/status", "Origin: " + origin);

        assertThat(answer.status()).isEqualTo(403);
        assertThat(answer.body()).doesNotContain("r023hf");
    }

    @Test
    void noAnswerAllowsAnotherOriginToRead() throws IOException {
        String own = "Origin: http://localhost:" + dashboard.port();
        for (String path : List.of("/", "/app.js", "/api/status", "/metrics", "/healthz", "/nothing")) {
            assertThat(Answer.get(dashboard.port(), path, own).headers().keySet())
                    .as(path)
                    .noneMatch(header -> header.startsWith("access-control-"));
        }
        assertThat(Answer.to(dashboard.port(), "OPTIONS", "/api/verify", own).status())
                .isEqualTo(405);
    }

    @Test
    void refusalsTellTheBrowserToBeStrictAsWell() throws IOException {
        for (Answer refusal : List.of(
                Answer.get(dashboard.port(), "/", "Host: evil.example"),
                Answer.get(dashboard.port(), "/", "Origin: http://evil.example"),
                Answer.get(guarded.port(), "/"))) {
            assertThat(refusal.status()).isIn(421, 403, 401);
            assertThat(refusal.header("Content-Security-Policy").orElseThrow()).startsWith("default-src 'self'");
            assertThat(refusal.header("X-Content-Type-Options")).contains("nosniff");
            assertThat(refusal.header("X-Frame-Options")).contains("DENY");
        }
    }

    @Test
    void everyAnswerTellsTheBrowserToBeStrict() throws IOException {
        for (String path :
                List.of("/", "/app.js", "/uplot.js", "/style.css", "/api/status", "/metrics", "/healthz", "/nothing")) {
            Answer answer = Answer.get(dashboard.port(), path);

            assertThat(answer.header("Content-Security-Policy").orElseThrow())
                    .as(path)
                    .startsWith("default-src 'self'")
                    .contains("frame-ancestors 'none'")
                    .doesNotContain("unsafe");
            assertThat(answer.header("X-Content-Type-Options")).contains("nosniff");
            assertThat(answer.header("X-Frame-Options")).contains("DENY");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/../../../etc/passwd",
                "/..%2f..%2fetc/passwd",
                "/%2e%2e/index.html",
                "/./app.js",
                "//app.js",
                "/app.js/",
                "/Site.class",
                "/META-INF/MANIFEST.MF",
                "/style.css%00.js",
                "/app.js;x"
            })
    void thereAreTheFilesOfThePageAndNoOthers(String path) throws IOException {
        assertThat(Answer.get(dashboard.port(), path).status()).isEqualTo(404);
    }

    @Test
    void everyFileOfThePageIsThere() throws IOException {
        for (String path : Asset.all().keySet()) {
            assertThat(Answer.get(dashboard.port(), path).status()).as(path).isEqualTo(200);
        }
    }

    @Test
    void getChangesNothing() throws IOException {
        Answer answer = Answer.get(dashboard.port(), "/api/verify", "Origin: http://localhost:" + dashboard.port());

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).contains("POST");
        assertThat(verifications).hasValue(0);
    }

    @Test
    void whatChangesSomethingComesFromThePageItself() throws IOException {
        assertThat(Answer.to(dashboard.port(), "POST", "/api/verify").status()).isEqualTo(403);
        assertThat(Answer.to(dashboard.port(), "POST", "/api/verify", "Origin: http://evil.example")
                        .status())
                .isEqualTo(403);
        assertThat(verifications).hasValue(0);

        assertThat(Answer.to(dashboard.port(), "POST", "/api/verify", "Origin: http://localhost:" + dashboard.port())
                        .status())
                .isEqualTo(202);
    }

    @Test
    void pagesBeyondTheMostAreRefusedAndTheOthersGoOn() throws IOException {
        List<Socket> open = new ArrayList<>();
        try {
            for (int page = 0; page < Dashboard.MOST_PAGES; page++) {
                open.add(openStream());
            }

            Answer refused = Answer.get(dashboard.port(), "/api/stream");

            assertThat(refused.status()).isEqualTo(503);
            assertThat(Answer.get(dashboard.port(), "/api/status").status()).isEqualTo(200);
        } finally {
            for (Socket socket : open) {
                socket.close();
            }
        }
    }

    @Test
    void requestsThatNeverArriveWholeHoldUpNobodyForLong() throws IOException {
        List<Socket> halves = new ArrayList<>();
        try {
            for (int half = 0; half < 2 * Dashboard.MOST_PAGES; half++) {
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), dashboard.port());
                halves.add(socket);
                socket.getOutputStream().write("GET / HTTP/1.1\r\nHost: loc".getBytes(StandardCharsets.US_ASCII));
            }

            assertThat(Answer.get(dashboard.port(), "/api/status").status()).isEqualTo(200);
        } finally {
            for (Socket socket : halves) {
                socket.close();
            }
        }
    }

    /** A page's stream, whose first event has come. */
    private Socket openStream() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), dashboard.port());
        socket.getOutputStream()
                .write("GET /api/stream HTTP/1.1\r\nHost: localhost\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        StringBuilder read = new StringBuilder();
        while (read.indexOf("data:") < 0) {
            read.append((char) socket.getInputStream().read());
        }
        return socket;
    }
}
