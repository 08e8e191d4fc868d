package org.mixdq4j.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The commands of the how-to pages, run as they stand there on the small model that ships, with fewer and smaller pictures. What
 * pages begin with alike is made once.
 */
class HowToTest {
    private static final Path PAGES = Shipped.ROOT.resolve("docs/howto");
    private static final Pattern BLOCK = Pattern.compile("```sh\n(.*?)```", Pattern.DOTALL);
    private static final Pattern WORD = Pattern.compile("\"([^\"]*)\"|(\\S+)");

    /** What stands in the pages for something of the reader's. */
    private static final Map<String, Path> NAMES = Map.of("DIR", Shipped.MODEL, "CAPTIONS", Shipped.CAPTIONS);

    private static final Map<String, String> FEWER =
            Map.of("--samples", "4", "--count", "3", "--skip", "4", "--height", "32", "--width", "32");

    private static final List<String> ALIKE = List.of("calib", "sensitivity");

    @TempDir
    static Path shared;

    @TempDir
    Path folder;

    static Stream<Path> pages() throws IOException {
        try (Stream<Path> pages = Files.list(PAGES)) {
            return pages.filter(page -> page.toString().endsWith(".md")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("pages")
    void everyCommandOfThePageSucceeds(Path page) throws IOException {
        ALIKE.forEach(name -> copy(shared.resolve(name), folder.resolve("out").resolve(name)));
        List<String> commands = commands(page);
        assertThat(commands).isNotEmpty();
        for (String command : commands) {
            assertThat(command).startsWith("./mixdq ");
            Mixdq.run(arguments(command)).succeeds();
        }
        ALIKE.forEach(name -> copy(folder.resolve("out").resolve(name), shared.resolve(name)));
    }

    private static List<String> commands(Path page) throws IOException {
        List<String> commands = new ArrayList<>();
        Matcher blocks = BLOCK.matcher(Files.readString(page));
        while (blocks.find()) {
            blocks.group(1)
                    .replace("\\\n", " ")
                    .lines()
                    .map(line -> line.replaceFirst("\\s+#.*", "").strip())
                    .filter(line -> !line.isEmpty())
                    .forEach(commands::add);
        }
        return commands;
    }

    private Object[] arguments(String command) {
        List<Object> arguments = new ArrayList<>();
        Matcher words = WORD.matcher(command.substring("./mixdq ".length()));
        String before = "";
        while (words.find()) {
            String word = words.group(1) != null ? words.group(1) : words.group(2);
            arguments.add(FEWER.containsKey(before) ? FEWER.get(before) : replaced(word));
            before = word;
        }
        boolean draws = List.of("calibrate", "infer", "evaluate").contains(arguments.get(0));
        if (draws && !arguments.contains("--height")) {
            arguments.addAll(List.of("--height", 32, "--width", 32));
        }
        if (arguments.get(0).equals("sensitivity")) {
            arguments.set(arguments.indexOf("--samples") + 1, "1");
        }
        return arguments.toArray();
    }

    private Object replaced(String word) {
        if (NAMES.containsKey(word)) {
            return NAMES.get(word);
        }
        if (word.startsWith("configs/")) {
            return Shipped.ROOT.resolve(word);
        }
        return word.matches("out[./].*") ? folder.resolve(word) : word;
    }

    private static void copy(Path from, Path to) {
        if (!Files.isDirectory(from) || Files.exists(to)) {
            return;
        }
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path copy = to.resolve(from.relativize(file).toString());
                Files.createDirectories(copy.getParent());
                Files.copy(file, copy);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
