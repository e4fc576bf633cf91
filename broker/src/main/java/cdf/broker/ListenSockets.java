package cdf.broker;

import cdf.change.CdfException;
import cdf.change.ExitCode;
import org.apache.kafka.common.network.Selectable;
import org.apache.kafka.server.ServerSocketFactory;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The sockets that a broker listens on, bound before anything of Kafka starts: a port that is taken shows at once, and
 * a free port, once found, cannot be lost to someone else. Kafka closes the sockets that it has taken over, {@link
 * #close} the others. Thread-safe.
 */
final class ListenSockets implements ServerSocketFactory, AutoCloseable {
    /** As many as Kafka's {@code socket.listen.backlog.size}. */
    private static final int BACKLOG = 50;

    private final Map<String, Integer> ports = new ConcurrentHashMap<>();
    private final Map<String, ServerSocketChannel> waiting = new ConcurrentHashMap<>();

    /** Binds the listener's socket and returns its port. */
    int bind(String listener, String host, int port) {
        InetSocketAddress address = host.isBlank() ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
        if (address.isUnresolved()) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "the listener " + listener + " is to listen on " + host + ", which is no known host",
                    "name a host or an address of this machine in listeners");
        }
        try {
            ServerSocketChannel channel = ServerSocketChannel.open();
            waiting.put(listener, channel);
            channel.configureBlocking(false);
            channel.bind(address, BACKLOG);
            int bound = channel.socket().getLocalPort();
            ports.put(listener, bound);
            return bound;
        } catch (IOException unbound) {
            throw new CdfException(
                    ExitCode.FAILED,
                    "cannot listen on port " + port + " of " + address.getHostString() + ": " + unbound.getMessage(),
                    "stop the program that uses the port, or choose another one with --port",
                    unbound);
        }
    }

    int port(String listener) {
        Integer port = ports.get(listener);
        if (port == null) {
            throw new IllegalArgumentException("no listener " + listener + ", there are " + ports.keySet());
        }
        return port;
    }

    @Override
    public ServerSocketChannel openServerSocket(
            String listener, InetSocketAddress address, int backlog, int receiveBufferBytes) throws IOException {
        ServerSocketChannel channel = waiting.remove(listener);
        if (channel == null) {
            // A listener that was reconfigured while the broker ran.
            return ServerSocketFactory.INSTANCE.openServerSocket(listener, address, backlog, receiveBufferBytes);
        }
        if (receiveBufferBytes != Selectable.USE_DEFAULT_BUFFER_SIZE) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, receiveBufferBytes);
        }
        return channel;
    }

    @Override
    public void close() throws IOException {
        for (ServerSocketChannel channel : waiting.values()) {
            channel.close();
        }
    }
}
