package cdf.producer;

import org.apache.logging.log4j.Level;
import org.apache.logging.log4j.core.config.Configurator;
import picocli.CommandLine.Option;
import picocli.CommandLine.ScopeType;

/** What every command tells about its insides: nothing, unless it is asked. */
public final class LogOptions {
    @Option(
            names = {"-v", "--verbose"},
            scope = ScopeType.INHERIT,
            description = "Show the log of Kafka, Spark and Debezium on standard error.")
    private boolean verbose;

    @Option(names = "--debug", scope = ScopeType.INHERIT, description = "Show the stack trace of an error.")
    private boolean debug;

    void apply() {
        if (verbose) {
            Configurator.setRootLevel(Level.INFO);
        }
    }

    boolean debug() {
        return debug;
    }
}
