package cdf.cli;

import org.opentest4j.TestAbortedException;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A program that a test needs besides the JDK. Without it the test is skipped and says so; with {@code CI=true} in the
 * environment, where nothing may be skipped unseen, it fails.
 */
final class RequiredTool {
    private RequiredTool() {}

    /**
     * The words of the first of these commands that is installed: one that ends well when asked for its version.
     *
     * @param versionArgument what asks for the version, such as {@code --version}
     */
    static List<String> find(String versionArgument, String... alternatives) {
        return find(System.getenv(), versionArgument, alternatives);
    }

    static List<String> find(Map<String, String> environment, String versionArgument, String... alternatives) {
        for (String alternative : alternatives) {
            List<String> command = List.of(alternative.split(" "));
            if (answers(command, versionArgument)) {
                return command;
            }
        }
        throw missing(environment, "not installed: " + String.join(" or ", alternatives));
    }

    /** What ends a test that lacks something: to be thrown. */
    static RuntimeException missing(Map<String, String> environment, String what) {
        if ("true".equals(environment.get("CI"))) {
            throw new AssertionError(what + ", and CI=true lets no test be skipped");
        }
        return new TestAbortedException(what);
    }

    private static boolean answers(List<String> command, String versionArgument) {
        try {
            return new ProcessBuilder(Stream.concat(command.stream(), Stream.of(versionArgument))
                                    .toList())
                            .redirectOutput(Redirect.DISCARD)
                            .redirectError(Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException noSuchProgram) {
            return false;
        } catch (InterruptedException stopped) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(stopped);
        }
    }
}
