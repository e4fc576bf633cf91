package cdf.dashboard;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import com.sun.net.httpserver.HttpServer;

import java.io.IOException;
import java.net.BindException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The page and its server, from {@link #start} to {@link #close}. Thread-safe. */
public final class Dashboard implements AutoCloseable {
    /** Each open page holds a thread. */
    static final int MOST_PAGES = 100;

    private static final int OTHER_THREADS = 12;

    /** A page that takes nothing for so long is gone. */
    private static final Duration PATIENCE = Duration.ofMinutes(1);

    /** How long a request may take to arrive: until then it holds a thread. The JDK's server is told so, in seconds. */
    private static final String REQUEST_SECONDS = "5";

    static {
        // Read once, when the JVM's first server is made; who starts the JVM may know better.
        if (System.getProperty("sun.net.httpserver.maxReqTime") == null) {
            System.setProperty("sun.net.httpserver.maxReqTime", REQUEST_SECONDS);
        }
    }

    private final DashboardSettings settings;
    private final HttpServer server;
    private final ThreadPoolExecutor threads;
    private final Pulse pulse;

    private Dashboard(DashboardSettings settings, boolean several, HttpServer server, Duration patience) {
        this.settings = settings;
        this.server = server;
        pulse = new Pulse(several, MOST_PAGES, patience);
        threads = threads();
        server.setExecutor(threads);
        server.createContext("/", new Site(new Guard(settings), pulse)::handle);
    }

    /**
     * Begins to serve the page of one table.
     *
     * @param verifier what the page's button runs, if there is anything to run
     * @throws CdfException if it cannot listen there
     */
    public static Dashboard start(
            DashboardSettings settings, PipelineFeed feed, PipelineNames names, Optional<Verifier> verifier) {
        return start(settings, feed, names, verifier, PATIENCE);
    }

    /** Begins to serve, with another patience for pages that take nothing. */
    static Dashboard start(
            DashboardSettings settings,
            PipelineFeed feed,
            PipelineNames names,
            Optional<Verifier> verifier,
            Duration patience) {
        Dashboard dashboard = new Dashboard(settings, false, listen(settings), patience);
        dashboard.add(feed, names, verifier);
        dashboard.start();
        return dashboard;
    }

    /**
     * Begins to serve the page of several tables, none yet.
     *
     * @throws CdfException if it cannot listen there
     */
    public static Dashboard startForSeveral(DashboardSettings settings) {
        Dashboard dashboard = new Dashboard(settings, true, listen(settings), PATIENCE);
        dashboard.start();
        return dashboard;
    }

    private void start() {
        pulse.start();
        server.start();
    }

    /** Shows one more table; it goes by the name of its topic. */
    public void add(PipelineFeed feed, PipelineNames names, Optional<Verifier> verifier) {
        pulse.add(feed, names, verifier);
    }

    private static HttpServer listen(DashboardSettings settings) {
        int port = settings.port().orElse(DashboardSettings.DEFAULT_PORT);
        try {
            return HttpServer.create(new InetSocketAddress(address(settings.host()), port), 0);
        } catch (BindException taken) {
            if (settings.port().isEmpty()) {
                return listen(settings.withAnyPort());
            }
            throw cannotListen(settings, port, taken);
        } catch (IOException failure) {
            throw cannotListen(settings, port, failure);
        }
    }

    private static InetAddress address(String host) throws UnknownHostException {
        return InetAddress.getByName(host);
    }

    private static CdfException cannotListen(DashboardSettings settings, int port, IOException cause) {
        return new CdfException(
                ExitCode.FAILED,
                "cannot serve the page at " + settings.host() + ":" + port + ": " + cause.getMessage(),
                "choose another port with --dashboard-port, 0 for any, or an address of this machine with"
                        + " --dashboard-host",
                cause);
    }

    private static ThreadPoolExecutor threads() {
        AtomicInteger number = new AtomicInteger();
        int most = MOST_PAGES + OTHER_THREADS;
        // A request that finds no thread waits: one that is turned away here would never be answered.
        ThreadPoolExecutor threads =
                new ThreadPoolExecutor(most, most, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), work -> {
                    Thread thread = new Thread(work, "dashboard-" + number.incrementAndGet());
                    thread.setDaemon(true);
                    return thread;
                });
        threads.allowCoreThreadTimeOut(true);
        return threads;
    }

    /** Takes in what the feed has been told, without waiting for the next tick. */
    void takeIn() {
        pulse.takeIn();
    }

    /** The port that the server listens at. */
    public int port() {
        return server.getAddress().getPort();
    }

    /** The page's address, with the token if one is needed. */
    public String address() {
        InetAddress listening = server.getAddress().getAddress();
        String host = settings.host();
        if (listening.isAnyLocalAddress()) {
            host = machine();
        } else if (listening instanceof Inet6Address) {
            host = "[" + listening.getHostAddress() + "]";
        } else if (listening.isLoopbackAddress()) {
            host = "localhost";
        }
        return "http://" + host + ":" + port() + "/"
                + settings.token().map(token -> "?token=" + token).orElse("");
    }

    private static String machine() {
        try {
            return InetAddress.getLocalHost().getHostName();
        } catch (UnknownHostException nameless) {
            return "localhost";
        }
    }

    /** Sends what is left to the open pages, and stops to serve. */
    @Override
    public void close() {
        pulse.close();
        server.stop(0);
        threads.shutdownNow();
    }
}
