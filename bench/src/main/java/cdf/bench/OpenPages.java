package cdf.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The event streams of open pages, without a browser: one is timed, the others read all they are sent, or nothing. */
final class OpenPages implements AutoCloseable {
    /** Every so many pages, one that never reads. */
    private static final int UNREAD_EVERY = 5;

    /** Small, so that what is not read soon waits at the server. */
    private static final int RECEIVE_BUFFER_BYTES = 8 << 10;

    private static final Pattern MADE = Pattern.compile("\"at\":(\\d+)");

    private final URI address;
    private final List<Socket> sockets = new ArrayList<>();
    private final List<Socket> unread = new ArrayList<>();
    private final Object lock = new Object();

    // The following are guarded by the lock.

    private List<Long> delays = new ArrayList<>();
    private long lastMillis;
    private long longestGapMillis;
    private boolean closed;

    OpenPages(String address) {
        this.address = URI.create(address);
    }

    /** Opens the page that is timed. */
    void watch() {
        Socket socket = open(0);
        sockets.add(socket);
        start("timed-page", () -> readTimed(socket));
    }

    /** Opens so many pages more. */
    void add(int pages) {
        for (int page = 0; page < pages; page++) {
            if (page % UNREAD_EVERY == 0) {
                unread.add(open(RECEIVE_BUFFER_BYTES));
            } else {
                Socket socket = open(0);
                sockets.add(socket);
                start("page-" + page, () -> socket.getInputStream().transferTo(OutputStream.nullOutputStream()));
            }
        }
    }

    /** Opens the pages that never read anew: the server has given up on them. */
    void renewUnread() {
        unread.replaceAll(socket -> {
            close(socket);
            return open(RECEIVE_BUFFER_BYTES);
        });
    }

    /** The delays of the timed page's frames since the last call. */
    FrameDelays takeDelays() {
        synchronized (lock) {
            FrameDelays taken = new FrameDelays(delays, longestGapMillis);
            delays = new ArrayList<>();
            longestGapMillis = 0;
            return taken;
        }
    }

    private void readTimed(Socket socket) throws IOException {
        InputStream in = socket.getInputStream();
        BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null; line = lines.readLine()) {
            long now = System.currentTimeMillis();
            Matcher made = MADE.matcher(line);
            if (line.startsWith("data:") && made.find()) {
                note(now, Long.parseLong(made.group(1)));
            }
        }
    }

    private void note(long nowMillis, long madeMillis) {
        synchronized (lock) {
            delays.add(nowMillis - madeMillis);
            longestGapMillis = Math.max(longestGapMillis, lastMillis == 0 ? 0 : nowMillis - lastMillis);
            lastMillis = nowMillis;
        }
    }

    private Socket open(int receiveBufferBytes) {
        try {
            Socket socket = new Socket();
            if (receiveBufferBytes > 0) {
                socket.setReceiveBufferSize(receiveBufferBytes);
            }
            socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
            String request = "GET /api/stream HTTP/1.1\r\nHost: " + address.getAuthority() + "\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return socket;
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot open the page at " + address, failure);
        }
    }

    private interface Reading {
        void run() throws IOException;
    }

    private void start(String name, Reading reading) {
        Thread thread = new Thread(
                () -> {
                    try {
                        reading.run();
                    } catch (IOException failure) {
                        synchronized (lock) {
                            if (!closed) {
                                throw new UncheckedIOException("a page was cut off", failure);
                            }
                        }
                    }
                },
                name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() {
        synchronized (lock) {
            closed = true;
        }
        sockets.forEach(OpenPages::close);
        unread.forEach(OpenPages::close);
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException failure) {
            throw new UncheckedIOException("cannot close a page", failure);
        }
    }
}
