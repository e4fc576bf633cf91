package cdf.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/** Stands between clients and a server, and can lose the clients without a word to the server, as a router does. */
final class Relay implements AutoCloseable {
    private final DatabaseAddress server;
    private final ServerSocket listening;
    private final List<Socket> clients = new CopyOnWriteArrayList<>();
    private final List<Socket> servers = new CopyOnWriteArrayList<>();

    private Relay(DatabaseAddress server) throws IOException {
        this.server = server;
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        start(this::accept);
    }

    static Relay to(DatabaseAddress server) {
        try {
            return new Relay(server);
        } catch (IOException failure) {
            throw new UncheckedIOException(failure);
        }
    }

    /** How clients reach the server. */
    DatabaseAddress address() {
        return new DatabaseAddress(
                server.host(),
                listening.getLocalPort(),
                server.database(),
                server.user(),
                server.parameters(),
                server.secret());
    }

    private void accept() throws IOException {
        while (true) {
            Socket client = listening.accept();
            Socket other = new Socket(server.host(), server.port());
            clients.add(client);
            servers.add(other);
            start(() -> copy(client, other));
            start(() -> copy(other, client));
        }
    }

    /** Whoever ends a connection in order ends it on the other side, too; one that was lost stays there. */
    private static void copy(Socket from, Socket to) throws IOException {
        from.getInputStream().transferTo(to.getOutputStream());
        to.close();
    }

    private interface Work {
        void run() throws IOException;
    }

    private static void start(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException closed) {
                        Thread.currentThread().interrupt();
                    }
                },
                "relay");
        thread.setDaemon(true);
        thread.start();
    }

    /** Resets all connections of clients; the server does not hear of it. */
    void cut() throws IOException {
        for (Socket client : clients) {
            if (!client.isClosed()) {
                client.setSoLinger(true, 0);
                client.close();
            }
        }
    }

    @Override
    public void close() throws IOException {
        listening.close();
        cut();
        for (Socket other : servers) {
            other.close();
        }
    }
}
