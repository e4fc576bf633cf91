package cdf.producer;

import org.junit.jupiter.api.Test;
import picocli.CommandLine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import static org.assertj.core.api.Assertions.assertThat;

/** The Dockerfile against the code that its image starts. */
class ContainerTest {
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"");

    private final String dockerfile;

    ContainerTest() throws IOException {
        dockerfile = Files.readString(Path.of("../Dockerfile"));
    }

    @Test
    void theImageStartsACommandThatTheProducerUnderstands() {
        // given
        List<String> words = entryPoint();
        int mainClass = words.indexOf(Producer.class.getName());

        // when
        CommandLine.ParseResult parsed = new CommandLine(new GenerateCommand(Terminal.ofProcess(Map.of())))
                .setCaseInsensitiveEnumValuesAllowed(true)
                .parseArgs(words.subList(mainClass + 2, words.size()).toArray(String[]::new));

        // then
        assertThat(words).startsWith("java");
        assertThat(words.get(mainClass + 1)).isEqualTo("generate");
        assertThat(parsed.hasMatchedOption("--health-file")).isTrue();
    }

    @Test
    void theHealthCheckLooksAtTheFileThatTheProducerTouches() {
        // given
        List<String> words = entryPoint();

        // when
        String healthFile = words.get(words.indexOf("--health-file") + 1);

        // then
        assertThat(dockerfile).containsPattern("HEALTHCHECK(.*\\\\\\R)*.*" + Pattern.quote(healthFile));
    }

    private List<String> entryPoint() {
        return WORD.matcher(dockerfile.substring(dockerfile.indexOf("ENTRYPOINT")))
                .results()
                .map(word -> word.group(1))
                .toList();
    }
}
